// The grammar by the engine that VS Code has: pieces of text come out with the scopes that test/colours.json names.
const fs = require("fs");
const path = require("path");
const oniguruma = require("vscode-oniguruma");
const { Registry, parseRawGrammar, INITIAL } = require("vscode-textmate");

async function main() {
  const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const file = path.join(__dirname, "..", "syntaxes", "segdsl.tmLanguage.json");
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(file, "utf8"), file),
  });
  const grammar = await registry.loadGrammar("source.segdsl");
  let wrong = 0;
  for (const { line, text, scope } of JSON.parse(fs.readFileSync(path.join(__dirname, "colours.json"), "utf8"))) {
    const at = line.indexOf(text);
    const found = grammar.tokenizeLine(line, INITIAL).tokens.find((token) => token.startIndex <= at && at < token.endIndex);
    const scopes = found ? found.scopes : [];
    if (!(scope === "" ? scopes.length === 1 : scopes.includes(scope))) {
      wrong += 1;
      console.error(`${line}: ${text} is ${scopes.join(" ")}, not ${scope}`);
    }
  }
  process.exit(wrong ? 1 : 0);
}

main();
