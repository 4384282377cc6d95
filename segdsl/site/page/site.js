"use strict";
// finds definitions by the words in their names, titles and descriptions
(() => {
  const { root, folder } = document.body.dataset;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const told = document.getElementById("told");
  const most = 20;
  let loading;
  let chosen = -1;

  // the names are loaded when somebody searches, once
  function names() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}names.js`;
      script.onload = () =>
        resolve(window.segdslNames.map(([name, kind, title, more, file]) => ({
          name, kind, title, more, file,
          inName: name.toLowerCase(),
          inTitle: title.toLowerCase(),
          inMore: `${kind} ${more}`.toLowerCase(),
        })));
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  // the smaller the better; nothing where a word is nowhere
  function worth(item, words) {
    // what the catalog defines itself comes before what is from a library
    let sum = item.kind.includes(" of ") ? 0.5 : 0;
    for (const word of words) {
      if (item.inName === word) sum += 0;
      else if (item.inName.startsWith(word)) sum += 1;
      else if (item.inName.split(/[._\s-]/).some((part) => part.startsWith(word))) sum += 2;
      else if (item.inName.includes(word)) sum += 3;
      else if (item.inTitle.includes(word)) sum += 4;
      else if (item.inMore.includes(word)) sum += 6;
      else return undefined;
    }
    return sum;
  }

  async function search() {
    const text = input.value;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return close();
    const all = await names();
    if (input.value !== text) return undefined;
    const found = [];
    for (const item of all) {
      const sum = worth(item, words);
      if (sum !== undefined) found.push([sum, item]);
    }
    found.sort((a, b) => a[0] - b[0] || a[1].name.length - b[1].name.length || (a[1].name < b[1].name ? -1 : 1));
    show(found.map(([, item]) => item));
    return undefined;
  }

  function show(found) {
    list.replaceChildren(...found.slice(0, most).map((item, place) => {
      const row = document.createElement("li");
      row.id = `found-${place}`;
      row.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = `${root}${folder}/${item.file}`;
      link.tabIndex = -1;
      const name = document.createElement("strong");
      name.textContent = item.name;
      const more = document.createElement("small");
      more.textContent = [item.kind, item.title, item.more].filter(Boolean).join(" · ");
      link.append(name, more);
      row.append(link);
      return row;
    }));
    if (!found.length) {
      const row = document.createElement("li");
      row.append(Object.assign(document.createElement("p"), { textContent: "Nothing was found." }));
      list.append(row);
    }
    told.textContent = `${found.length} found`;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(found.length ? 0 : -1);
  }

  function choose(place) {
    const rows = [...list.querySelectorAll("[role=option]")];
    chosen = rows.length ? (place + rows.length) % rows.length : -1;
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", rows[chosen].id);
      rows[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  input.addEventListener("input", search);
  input.addEventListener("focus", () => {
    names();
    if (input.value) search();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") list.querySelector("[aria-selected=true] a")?.click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target === input) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) close();
  });
})();
