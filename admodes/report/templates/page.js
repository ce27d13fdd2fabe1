"use strict";
// The page is complete without this: it adds buttons for the methods, exact values of points, colours, long tables.
(() => {
  const root = document.documentElement;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const toolbar = document.getElementById("toolbar");

  // Labels of points and rows of long tables come packed: base64 of zlib of JSON.
  const unpack = async () => {
    const text = atob(document.getElementById("data").textContent.trim());
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };
  const data = unpack().catch(() => ({labels: {}, methods: {}, tables: {}}));

  // Methods, shown or hidden everywhere. A style sheet does it, so that tables written later follow.
  const hidden = new Set();
  const sheet = document.head.appendChild(document.createElement("style"));
  const buttons = all("button.method", toolbar);
  const showMethods = () => {
    const selectors = [...hidden].map((name) => `[data-series="${CSS.escape(name)}"]`);
    const fields = [...hidden].map((name) => `[data-field="${CSS.escape(name)}"]`);
    sheet.textContent = selectors.length ? `${selectors.join(",")}{display:none!important}${fields.join(",")}{opacity:.15}` : "";
    for (const button of buttons) button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.method)));
    hideTip();
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const name = button.dataset.method;
      if (!hidden.delete(name)) hidden.add(name);
      showMethods();
    });
  }
  document.getElementById("all").addEventListener("click", () => {
    hidden.clear();
    showMethods();
  });

  // Colours: those of the system until the reader chooses.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = document.getElementById("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const nameTheme = () => {
    theme.textContent = isDark() ? "light colours" : "dark colours";
  };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  system.addEventListener("change", nameTheme);
  nameTheme();

  // Exact values of points.
  const tip = document.getElementById("tip");
  const REACH = 16; // pixels
  let ring = null;
  const hideTip = () => {
    tip.hidden = true;
    if (ring) ring.remove();
    ring = null;
  };
  const pointsOf = (chart, labels) => {
    const points = [];
    for (const group of all("[data-mark]", chart)) {
      const texts = labels[group.dataset.mark] || [];
      const uses = all("use", group);
      if (uses.length && uses.length === texts.length) {
        uses.forEach((use, k) => points.push({group, x: +use.getAttribute("x"), y: +use.getAttribute("y"), text: texts[k]}));
      } else if (texts.length === 1) {
        const box = group.getBBox();
        points.push({group, x: box.x + box.width / 2, y: box.y + box.height / 2, text: texts[0], area: true});
      }
    }
    return points;
  };
  const showTip = (svg, point) => {
    hideTip();
    tip.textContent = point.text;
    tip.hidden = false;
    ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of [["cx", point.x], ["cy", point.y], ["r", 7], ["class", "ring"]]) ring.setAttribute(name, value);
    svg.append(ring);
    const around = ring.getBoundingClientRect();
    const left = Math.min(Math.max(8, around.left + around.width / 2 - tip.offsetWidth / 2), root.clientWidth - tip.offsetWidth - 8);
    const above = around.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above < toolbar.offsetHeight + 4 ? around.bottom + 6 : above}px`;
  };
  const equip = (chart, labels) => {
    const svg = chart.querySelector("svg");
    let points = null;
    let at = -1;
    const seen = () => {
      points = points || pointsOf(chart, labels);
      return points.filter((point) => point.group.getClientRects().length);
    };
    const nearest = (event) => {
      const matrix = svg.getScreenCTM();
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      let best = null;
      let least = REACH / matrix.a;
      for (const point of seen()) {
        const distance = Math.hypot(point.x - place.x, point.y - place.y);
        if (!point.area && distance < least) [best, least] = [point, distance];
      }
      const group = event.target.closest("[data-mark]");
      return best || points.find((point) => point.area && point.group === group);
    };
    const follow = (event) => {
      const point = nearest(event);
      if (!point) return hideTip();
      at = points.indexOf(point);
      showTip(svg, point);
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideTip());
    chart.tabIndex = 0;
    chart.setAttribute("role", "group");
    chart.setAttribute("aria-label", `${chart.dataset.title}. The arrow keys go from point to point.`);
    const go = (point) => {
      at = points.indexOf(point);
      showTip(svg, point);
    };
    const first = () => seen().find((point) => point === points[at]) || seen()[0];
    chart.addEventListener("focus", () => chart.matches(":focus-visible") && first() && go(first()));
    chart.addEventListener("blur", hideTip);
    chart.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return hideTip();
      const now = first();
      if (!now) return undefined;
      const groups = [...new Set(seen().map((point) => point.group))];
      const own = seen().filter((point) => point.group === now.group);
      const along = {ArrowRight: 1, ArrowLeft: -1, Home: -own.length, End: own.length}[event.key];
      const across = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (!along && !across) return undefined;
      event.preventDefault();
      if (along) return go(own[Math.min(Math.max(own.indexOf(now) + along, 0), own.length - 1)]);
      const group = groups[(groups.indexOf(now.group) + across + groups.length) % groups.length];
      const others = seen().filter((point) => point.group === group);
      return go(others.reduce((a, b) => (Math.abs(b.x - now.x) < Math.abs(a.x - now.x) ? b : a)));
    });
  };
  data.then((found) => {
    for (const chart of all(".chart")) {
      const labels = found.labels[chart.dataset.name];
      if (labels) equip(chart, labels);
    }
    root.dataset.ready = "true";
  });
  addEventListener("scroll", hideTip, {passive: true});

  // Long tables are written when they are opened, some hundred rows at a time.
  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const writeRow = (table, methods, [status, starts, ...cells]) => {
    const row = make("tr", undefined, starts ? "starts" : "");
    row.dataset.series = cells[0];
    cells.forEach((text, k) => {
      const bad = k === 2 && status !== "ok" ? " bad" : "";
      const cell = row.appendChild(make("td", text, table.aligned[k] === "t" ? `text${bad}` : ""));
      if (k === 0 && methods[text]) {
        const sign = make("span", methods[text][1], "sign");
        sign.style.color = `var(--${methods[text][0]})`;
        sign.setAttribute("aria-hidden", "true");
        cell.prepend(sign, " ");
      }
    });
    return row;
  };
  const writeTable = async (details) => {
    const found = await data;
    const table = found.tables[details.dataset.table];
    if (!table) return;
    const box = details.appendChild(make("div", undefined, "scroll tall"));
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", details.dataset.title);
    const element = box.appendChild(make("table"));
    const head = element.appendChild(make("thead")).appendChild(make("tr"));
    table.columns.forEach((title, k) => head.append(make("th", title, table.aligned[k] === "t" ? "text" : "")));
    const body = element.appendChild(make("tbody"));
    const next = (start) => {
      body.append(...table.lines.slice(start, start + 300).map((line) => writeRow(table, found.methods, line)));
      if (start + 300 < table.lines.length) requestAnimationFrame(() => next(start + 300));
    };
    next(0);
  };
  for (const details of all("details[data-table]")) details.addEventListener("toggle", () => writeTable(details), {once: true});

  // Paper shows what is folded; long tables stay in the files.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = all("details:not([open]):not([data-table])");
    for (const details of unfolded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
  });

  // The contents show where the reader is.
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const {target, isIntersecting} of entries) {
        const link = links.get(target.id);
        if (link) link.toggleAttribute("aria-current", isIntersecting);
      }
    },
    {rootMargin: "-20% 0px -70% 0px"},
  );
  for (const section of all("main > section")) watcher.observe(section);

  toolbar.hidden = false;
})();
