// The browser's state as a URL fragment: #sample=TASK/ID/VARIANT&flip=harmful&search=… and back.
const links = (() => {
  const KEYS = ["task", "category", "variant", "outcome", "flip", "against", "search"];
  const part = (value) => encodeURIComponent(value.toWellFormed ? value.toWellFormed() : value.replace(/[\ud800-\udfff]/gu, "\ufffd"));

  // `f` holds the filters that differ from the ones of a fresh page; `prompt` may be null.
  function write(prompt, f) {
    const parts = KEYS.filter((k) => f[k] && !(k === "variant" && prompt)).map((k) => k + "=" + part(f[k]));
    if (prompt) parts.unshift("sample=" + [prompt.task, prompt.id, ...(f.variant ? [f.variant] : [])].map(part).join("/"));
    return "#" + (parts.join("&") || "samples");
  }

  // {filters, sample: null or [task, id]}; null where the fragment is none of ours or cannot be read.
  function read(fragment) {
    if (!/^#(sample|task|category|variant|outcome|flip|against|search)=./.test(fragment)) return null;
    const filters = {};
    let sample = null;
    try {
      for (const one of fragment.slice(1).split("&")) {
        const [key, value] = [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)];
        if (KEYS.includes(key)) filters[key] = decodeURIComponent(value);
        if (key !== "sample") continue;
        const [task, id, variant] = value.split("/").map(decodeURIComponent);
        sample = [task, id || ""];
        if (variant) filters.variant = variant;
      }
    } catch {
      return null;
    }
    return { filters, sample };
  }
  return { KEYS, read, write };
})();
