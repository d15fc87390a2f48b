// The browser's state as a URL fragment: #sample=TASK/ID/VARIANT&flip=harmful&search=… and back.
// harness/report_links.py writes the same from the tables.
const links = (() => {
  const KEYS = ["task", "category", "variant", "outcome", "judges", "flip", "against", "search"];
  const OURS = new RegExp("^#(sample|" + KEYS.join("|") + ")=.");
  const part = (value) => encodeURIComponent(value.toWellFormed ? value.toWellFormed() : value.replace(/[\ud800-\udfff]/gu, "\ufffd"));

  // `f` holds the filters that differ from the ones of a fresh page; `prompt` may be null.
  function write(prompt, f) {
    const parts = KEYS.filter((k) => f[k] && !(k === "variant" && prompt)).map((k) => k + "=" + part(f[k]));
    if (prompt) parts.unshift("sample=" + [prompt.task, prompt.id, ...(f.variant ? [f.variant] : [])].map(part).join("/"));
    return "#" + (parts.join("&") || "samples");
  }

  // {filters, sample: null or [task, id], strange: what is no filter, broken}; null where the fragment is none of ours.
  function read(fragment) {
    if (!OURS.test(fragment)) return null;
    const filters = {}, strange = [];
    let sample = null;
    try {
      for (const one of fragment.slice(1).split("&")) {
        const [key, value] = [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)];
        if (KEYS.includes(key)) filters[key] = decodeURIComponent(value);
        else if (key !== "sample") strange.push(one);
        if (key !== "sample") continue;
        const [task, id, variant] = value.split("/").map(decodeURIComponent);
        sample = [task, id || ""];
        if (variant) filters.variant = variant;
      }
    } catch {
      return { filters: {}, sample: null, strange: [], broken: true };
    }
    return { filters, sample, strange, broken: false };
  }
  return { KEYS, read, write };
})();
