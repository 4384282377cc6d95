"use strict";
// draws the charts of the page from their specifications, and sorts its tables
(() => {
  const specs = JSON.parse(document.getElementById("specs").textContent);
  // a chart reads nothing but its own values
  const nothing = { load: () => Promise.reject(new Error("offline")), sanitize: () => Promise.reject(new Error("offline")) };
  const tooltip = (() => {
    const box = document.createElement("div");
    box.id = "vg-tooltip-element";
    document.body.append(box);
    return (_, event, __, value) => {
      const shown = event !== null && value != null && value !== "";
      box.classList.toggle("visible", shown);
      if (!shown) return;
      box.textContent = value;
      const left = Math.min(event.pageX + 14, document.documentElement.clientWidth - box.offsetWidth - 8);
      box.style.left = `${Math.max(left, 4)}px`;
      box.style.top = `${event.pageY + 18}px`;
    };
  })();

  async function draw(place) {
    const width = Math.max(place.parentElement.clientWidth, Number(place.dataset.least));
    if (Math.abs(width - Number(place.dataset.width || 0)) < 2) return;
    place.dataset.width = width;
    const spec = structuredClone(specs[place.dataset.chart]);
    spec.width = width;
    for (const signal of spec.signals) if (signal.name === "room") signal.value = width - 8;
    const options = { mode: "vega", ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip, loader: nothing };
    if (place.drawn) place.drawn.finalize();
    place.drawn = await vegaEmbed(place, spec, options);
  }

  let drawing = false;
  let again = false;
  async function drawAll() {
    if (drawing) {
      again = true;
      return;
    }
    drawing = true;
    const places = [...document.querySelectorAll(".drawing")];
    for (const place of places) {
      try {
        await draw(place);
      } catch (error) {
        place.textContent = "This chart could not be drawn; the table below says the same.";
        console.error(error);
      }
    }
    document.documentElement.dataset.drawn = places.filter((place) => place.querySelector("svg")).length;
    drawing = false;
    if (again) {
      again = false;
      await drawAll();
    }
  }

  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 150);
  });
  const whenReady = document.fonts ? document.fonts.ready : Promise.resolve();
  whenReady.then(drawAll);

  for (const table of document.querySelectorAll("table.sortable")) {
    const headers = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const key = (row, column) => {
      const { value } = row.cells[column].dataset;
      return value === undefined ? row.cells[column].textContent : Number(value);
    };
    headers.forEach((header, column) => {
      header.querySelector("button").addEventListener("click", () => {
        // numbers start with the largest, names with the first
        const first = header.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = header.getAttribute("aria-sort") === first ? other : first;
        for (const each of headers) each.setAttribute("aria-sort", each === header ? order : "none");
        const sign = order === "ascending" ? 1 : -1;
        const compare = (a, b) => {
          const [x, y] = [key(a, column), key(b, column)];
          if (typeof x === "number" && typeof y === "number") return sign * (x - y);
          // what has no number stands last, whatever the order
          if (typeof x === "number") return -1;
          if (typeof y === "number") return 1;
          return sign * x.localeCompare(y);
        };
        body.append(...[...body.rows].sort(compare));
      });
    });
  }
})();
