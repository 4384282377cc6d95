"""What is defined and not used, what is deprecated and used, what is defined twice, what lacks its head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice

from segdsl import problems
from segdsl.catalog import Catalog, Definition
from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.lint.uses import Use
from segdsl.lint.view import Meaning, View
from segdsl.syntax import literals, tree
from segdsl.syntax.walk import names_in

# what the language gives a meaning
ANNOTATIONS = ("title", "owner", "tags", "deprecated", "meta", "needs")


def unread_annotations(modules: Iterable[tree.Module]) -> Iterator[Diagnostic]:
    """Annotations that nothing reads, by whatever is near."""
    for module in modules:
        for item in module.definitions:
            for annotation in item.head.annotations:
                if annotation.name.text not in ANNOTATIONS:
                    yield problems.unread_annotation(annotation.name.text, ANNOTATIONS, annotation.span)


def no_labels(view: View) -> Iterator[Diagnostic]:
    """Segmentations without a rule: nobody gets a label."""
    node = view.definition.tree
    if isinstance(node, tree.Segmentation) and not node.rules:
        yield problems.no_labels(view.definition.name, node.name.span)


def unused_params(own: Iterable[Definition], used: Set[str]) -> Iterator[Diagnostic]:
    """Params that nothing names."""
    for definition in own:
        if definition.is_param and definition.name not in used:
            yield problems.unused_param("param", definition.name, definition.tree.name.span)


def unused_parameters(view: View) -> Iterator[Diagnostic]:
    """Parameters that their own definition does not name."""
    definition = view.definition
    if definition.parameters:
        named = {name.parts[0].text for name in names_in(_body(definition))}
        defaults = {name.parts[0].text for item in definition.parameters for name in names_in(item.default)}
        for parameter in definition.parameters:
            if parameter.name.text not in named | defaults:
                yield problems.unused_param("parameter", parameter.name.text, parameter.name.span)


def _body(definition: Definition) -> object:
    node = definition.tree
    return (node.among, node.rules) if isinstance(node, tree.Segmentation) else node.value


def unused_traits(own: Iterable[Definition], used: Set[str]) -> Iterator[Diagnostic]:
    for definition in own:
        if isinstance(definition.tree, tree.Trait) and definition.name not in used:
            yield problems.unused_trait(definition.name, definition.tree.name.span)


def deprecated_used(view: View) -> Iterator[Diagnostic]:
    """Names in use whose definitions say `@deprecated`."""
    uses = [use for use in view.uses if use[0] is not view.definition]
    return deprecated_among(view.catalog, uses, view.meaning)


def deprecated_among(catalog: Catalog, uses: Iterable[Use], meaning: Meaning) -> Iterator[Diagnostic]:
    """The same of names wherever they stand."""
    for found, name in uses:
        annotation = next((item for item in found.tree.head.annotations if item.name.text == "deprecated"), None)
        if annotation is not None:
            note = _note(annotation)
            fix = _successor(catalog, found, name.span, note, meaning)
            yield problems.deprecated(found.name, note, name.span, annotation.span, fix)


def _note(annotation: tree.Annotation) -> str:
    return next((text.value for text in _texts(annotation)), "")


def _texts(annotation: tree.Annotation) -> Iterator[tree.Text]:
    return (item.value for item in annotation.values if isinstance(item.value, tree.Text))


def notes(node: tree.Definition) -> Iterator[tree.Text]:
    """What a definition's deprecations say, as it is written."""
    for annotation in node.head.annotations:
        if annotation.name.text == "deprecated":
            yield from islice(_texts(annotation), 1)


def words_of(note: str) -> list[str]:
    """The words of what a deprecation says: one may name what to use in its place."""
    return [word.strip("`.,") for word in note.split()]


def successors(definition: Definition) -> Iterator[str]:
    """The words of what the deprecations of a definition say."""
    for note in notes(definition.tree):
        yield from words_of(note.value)


def _successor(catalog: Catalog, found: Definition, span: Span, note: str, meaning: Meaning) -> Fix | None:
    """The name that the note gives, where it means the same."""
    known = meaning(found.name)
    if known is None or span.text != found.name:
        return None
    for word in words_of(note):
        other = catalog.definitions.get(word)
        if other is not None and other is not found and meaning(word) == known:
            return Fix(span, literals.name(other.tree.name))
    return None


def twins(own: Iterable[Definition], meaning_of: Mapping[str, object]) -> Iterator[Diagnostic]:
    """Segments and segmentations that mean the same; `meaning_of` are the meanings of those that have one."""
    groups: dict[object, list[Definition]] = defaultdict(list)
    for definition in own:
        if definition.name in meaning_of:
            groups[(definition.entity, meaning_of[definition.name])].append(definition)
    for first, *others in groups.values():
        for other in others:
            yield problems.same_meaning(other.name, first.name, other.tree.name.span, first.tree.name.span)


def no_description(view: View) -> Iterator[Diagnostic]:
    definition = view.definition
    if not definition.tree.head.description.strip():
        yield problems.no_description(definition.name, definition.tree.name.span)


def no_owner(view: View) -> Iterator[Diagnostic]:
    definition = view.definition
    is_owned = any(item.name.text == "owner" and item.values for item in definition.tree.head.annotations)
    if isinstance(definition.tree, tree.Segment | tree.Segmentation) and not is_owned:
        yield problems.no_owner(definition.name, definition.tree.name.span)
