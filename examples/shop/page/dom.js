// element makes an element with properties and children. Children that are strings become text,
// whatever is in them: nothing on this page is parsed as HTML.
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// row is a table's row. What is no cell yet becomes one.
export function row(...cells) {
  return element("tr", {}, ...cells.map((cell) =>
    cell instanceof HTMLTableCellElement ? cell : element("td", {}, cell ?? "")));
}

// number is a cell that is aligned to the right.
export function number(value) {
  return element("td", { className: "number" }, value ?? "");
}

export function money(value) {
  return Number(value).toFixed(2);
}

// badge is the state of a payment.
export function badge(state) {
  return element("span", { className: `state ${state}` }, state);
}

// replace has a list show what is given. What it shows already stays, with its focus and selection.
export function replace(list, children) {
  children.forEach((child, i) => {
    const shown = list.children[i];
    if (!shown) list.append(child);
    else if (!shown.isEqualNode(child)) shown.replaceWith(child);
  });
  while (list.children.length > children.length) list.lastElementChild.remove();
}
