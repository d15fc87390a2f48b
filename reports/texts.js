// Elements of the page. Every text from the store is hostile and enters by textContent alone.
function make(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (content !== undefined) node.textContent = content;
  return node;
}

// A text with its invisible characters marked; `marks` is a list of [piece, differs], or null.
function hostile(content, marks) {
  const node = make("div", "hostile");
  node.dir = "auto";
  for (const [piece, differs] of marks || [[content, false]]) {
    const into = differs ? make("mark") : node;
    for (const part of piece.split(/(⟦U\+[0-9A-F]{4,6}⟧)/)) {
      if (/^⟦U\+/.test(part)) into.append(make("span", "ctl", part));
      else if (part) into.append(document.createTextNode(part));
    }
    if (differs) node.append(into);
  }
  return node;
}

// Replaces a select's options after those it has for "all", and keeps what was chosen where it is still there.
function options(select, values, words = (value) => value) {
  const keep = select.value;
  select.replaceChildren(...[...select.options].filter((o) => o.value === ""));
  for (const value of values) {
    const option = make("option", "", words(value));
    option.value = value;
    select.append(option);
  }
  const there = [...select.options].some((o) => o.value === keep);
  select.value = there ? keep : select.options.length ? select.options[0].value : "";
}
