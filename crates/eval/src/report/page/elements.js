// Elements. Everything on the page is made here, and strings only ever become
// text: a name that looks like markup is shown, not obeyed.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") {
      for (const [key, part] of Object.entries(value)) element.style.setProperty(key, part);
    } else element.setAttribute(name, value === true ? "" : value);
  }
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  element.append(...wanted);
  return element;
}

/** An HTML element; `on…` listens, `style` sets properties, children are elements or text. */
const make = (tag, properties = {}, ...children) => fill(document.createElement(tag), properties, children);

/** An SVG element. */
const draw = (tag, properties = {}, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

/** Text cut to so many characters; the whole is in the title of what shows it. */
const cut = (text, most) => {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};

/** Sentences with `code` in backticks, as in the report. */
const prose = (text) => text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));

/** A picture, if it is one: only an embedded image is ever shown. */
const picture = (source, properties) =>
  make("img", { ...properties, src: /^data:image\//.test(source) ? source : null, draggable: "false" });

/** Draws again whenever the box gets another width. */
function fitted(box, paint) {
  let last = 0;
  const again = () => {
    const width = Math.floor(box.clientWidth);
    if (width > 0 && width !== last) { last = width; paint(width); }
  };
  new ResizeObserver(again).observe(box);
  return () => { last = 0; again(); };
}
