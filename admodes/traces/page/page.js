"use strict";
// The tables say everything without this. It draws the graph and plays the passes over it, one node a step.
(() => {
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const stories = JSON.parse(find("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const LINE = 17; // pixels from one line of a node's text to the next

  const make = (name, attributes = {}, text = "", space = null) => {
    const element = space ? document.createElementNS(space, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const draw = (name, attributes, text) => make(name, attributes, text, SVG);

  const state = {point: 0, mode: "reverse", choice: {forward: 0, reverse: 0}, step: 0, timer: null};
  let steps = [];
  let graph = null;

  const story = () => stories[state.point];
  const pass = () => story()[state.mode][state.choice[state.mode]];

  // A step is what one node does: compute its value (in forward mode its tangent as well), or hand its adjoint downstream.
  const plan = () => {
    const found = story().nodes.map((_, node) => ({node, kind: "evaluate"}));
    if (state.mode === "reverse" && pass()) found.push(...pass().steps.map((step) => ({...step, kind: "adjoint"})));
    return found;
  };

  const drawGraph = () => {
    const {nodes, edges, width, height} = story();
    const svg = draw("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Computation graph"});
    const marker = draw("marker", {id: "arrow", viewBox: "0 0 8 8", refX: 7.5, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto"});
    marker.append(draw("path", {d: "M0,0.5 L8,4 L0,7.5 z", style: "fill: var(--muted); stroke: none"}));
    const definitions = draw("defs", {});
    definitions.append(marker);
    svg.append(definitions);
    const lines = edges.map((edge) => svg.appendChild(draw("path", {d: edge.path, "marker-end": "url(#arrow)"})));
    const groups = nodes.map((node, place) => {
      const group = svg.appendChild(draw("g", {class: `node ${node.kind}`, transform: `translate(${node.x} ${node.y})`}));
      group.append(draw("rect", {width: node.width, height: node.height, rx: node.kind === "input" ? node.height / 4 : 6}));
      const texts = {};
      ["name", "formula", "value", "derivative"].forEach((part, index) => {
        const y = LINE * (index + 1) - 1;
        texts[part] = group.appendChild(draw("text", {class: part, x: node.width / 2, y, "text-anchor": "middle"}));
      });
      texts.name.textContent = node.name;
      texts.formula.textContent = node.short;
      group.addEventListener("click", () => go(firstStep(place)));
      return {group, texts};
    });
    find("graph").replaceChildren(svg);
    graph = {lines, groups};
  };

  // In the backward pass a click goes to where the node hands its adjoint on.
  const firstStep = (place) => {
    const later = steps.findIndex((step, index) => index > state.step && step.kind === "adjoint" && step.node === place);
    return state.step >= story().nodes.length && later >= 0 ? later : place;
  };

  const paint = () => {
    const {nodes, edges} = story();
    const current = steps[state.step];
    const adjoints = new Map();
    for (const step of steps.slice(0, state.step + 1)) for (const [place, text] of step.totals || []) adjoints.set(place, text);
    const touched = new Set(current.kind === "adjoint" ? current.totals.map(([place]) => place) : nodes[current.node].operands);
    nodes.forEach((node, place) => {
      const {group, texts} = graph.groups[place];
      const known = place <= state.step;
      texts.value.textContent = known ? node.value : "";
      texts.derivative.setAttribute("class", state.mode === "forward" ? "tangent" : "adjoint");
      texts.derivative.textContent = state.mode === "forward" ? (known && pass() ? pass().tangents[place] : "") : adjoints.get(place) || "";
      group.classList.toggle("waiting", !known);
      group.classList.toggle("active", place === current.node);
      group.classList.toggle("touched", place !== current.node && touched.has(place));
    });
    edges.forEach((edge, index) => {
      const active = edge.to === current.node && (current.kind === "evaluate" || current.totals.some(([place]) => place === edge.from));
      graph.lines[index].setAttribute("class", active ? "active" : "");
    });
    const step = current.kind === "adjoint" ? "adjoint-step" : state.mode === "forward" ? "tangent-step" : "evaluate";
    find("stage").className = `stage ${step}`;
    for (const row of document.querySelectorAll(".tables tr[data-node]")) {
      row.classList.toggle("active", Number(row.dataset.node) === current.node);
    }
  };

  const tell = () => {
    const current = steps[state.step];
    const node = story().nodes[current.node];
    const parts = [];
    const say = (text, name = "") => parts.push(make("p", {class: name}, text));
    if (current.kind === "evaluate") {
      parts.push(make("h3", {}, node.operands.length ? `Forward pass: compute ${node.title}` : `Forward pass: ${node.title} is given`));
      for (const line of node.telling) say(line, "value");
      if (state.mode === "forward" && pass()) for (const line of pass().telling[current.node]) say(line, "tangent");
    } else {
      parts.push(make("h3", {}, current.title));
      for (const line of current.telling) say(line);
      for (const product of current.products) {
        const list = make("dl");
        for (const [term, text] of product) list.append(make("dt", {}, term), make("dd", {class: "adjoint"}, text));
        parts.push(list);
      }
    }
    if (node.source) say(node.source, "small");
    find("telling").replaceChildren(...parts);
  };

  const show = () => {
    paint();
    tell();
    const last = steps.length - 1;
    find("slider").max = last;
    find("slider").value = state.step;
    find("slider").setAttribute("aria-valuetext", `step ${state.step + 1} of ${steps.length}`);
    find("where").textContent = `step ${state.step + 1} of ${steps.length}`;
    find("first").disabled = find("back").disabled = state.step === 0;
    find("last").disabled = find("next").disabled = state.step === last;
    const box = graph.groups[steps[state.step].node].group.getBoundingClientRect();
    const view = find("graph").getBoundingClientRect();
    const scroller = find("graph");
    if (box.left < view.left || box.right > view.right) scroller.scrollLeft += (box.left + box.right - view.left - view.right) / 2;
    if (box.top < view.top || box.bottom > view.bottom) scroller.scrollTop += (box.top + box.bottom - view.top - view.bottom) / 2;
  };

  const go = (step) => {
    state.step = Math.max(0, Math.min(steps.length - 1, step));
    show();
  };

  // What the chosen mode starts from: inputs to seed, or outputs.
  const offer = () => {
    const choices = story()[state.mode];
    state.choice[state.mode] = Math.min(state.choice[state.mode], Math.max(0, choices.length - 1));
    find("chosen").textContent = state.mode === "forward" ? "seed" : "output";
    find("choice").replaceChildren(...choices.map((one, index) => make("option", {value: index}, one.label)));
    find("choice").value = state.choice[state.mode];
  };

  const restart = (redraw) => {
    offer();
    steps = plan();
    if (redraw) {
      drawGraph();
      for (const tables of document.querySelectorAll(".tables")) tables.hidden = Number(tables.dataset.point) !== state.point;
    }
    go(state.step);
  };

  const pause = () => {
    clearInterval(state.timer);
    state.timer = null;
    find("play").textContent = "play";
    find("play").setAttribute("aria-pressed", "false");
  };
  const play = () => {
    if (state.step === steps.length - 1) go(0);
    clearInterval(state.timer);
    state.timer = setInterval(() => {
      go(state.step + 1);
      if (state.step === steps.length - 1) pause();
    }, Number(find("speed").value));
    find("play").textContent = "pause";
    find("play").setAttribute("aria-pressed", "true");
  };
  const toggle = () => (state.timer ? pause() : play());

  const by = {first: () => go(0), back: () => go(state.step - 1), next: () => go(state.step + 1), last: () => go(steps.length - 1)};
  for (const [id, act] of Object.entries(by)) {
    find(id).addEventListener("click", () => {
      pause();
      act();
    });
  }
  find("play").addEventListener("click", toggle);
  find("speed").addEventListener("change", () => state.timer && play());
  find("slider").addEventListener("input", () => {
    pause();
    go(Number(find("slider").value));
  });
  find("choice").addEventListener("change", () => {
    state.choice[state.mode] = Number(find("choice").value);
    restart(false);
  });
  find("point").addEventListener("change", () => {
    state.point = Number(find("point").value);
    restart(true);
  });
  for (const radio of document.querySelectorAll('input[name="mode"]')) {
    radio.addEventListener("change", () => {
      state.mode = radio.value;
      restart(false);
    });
  }
  find("choices").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    // Controls that use these keys themselves keep them.
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input")) return;
    const keys = {ArrowLeft: by.back, ArrowRight: by.next, Home: by.first, End: by.last};
    if (event.key === " " && !event.target.closest("button")) toggle();
    else if (keys[event.key]) {
      pause();
      keys[event.key]();
    } else return;
    event.preventDefault();
  });

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const nameTheme = () => {
    find("theme").textContent = isDark() ? "light colours" : "dark colours";
  };
  find("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  system.addEventListener("change", nameTheme);
  nameTheme();

  for (const id of ["choices", "player", "stage", "keys", "theme"]) find(id).hidden = false;
  restart(true);
  root.dataset.ready = "";
})();
