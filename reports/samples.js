// The store's columns as prompts and cells, and which prompts pass the filters.
function sampleTable(store) {
  const text = (i) => (i < 0 ? null : store.texts[i]);
  const checkpoints = store.checkpoints.map(([variant, seed, mark]) => ({ variant, seed, mark }));
  const variants = [...new Set(checkpoints.map((c) => c.variant))];
  const base = (checkpoints.find((c) => c.seed === null) || checkpoints[0] || {}).variant || "";
  const columns = new Map(variants.map((v) => [v, checkpoints.flatMap((c, i) => (c.variant === v ? [i] : []))]));
  const p = store.prompts;
  const prompts = p.task.map((task, at) => ({
    at, task: text(task), id: text(p.id[at]), category: text(p.category[at]), prompt: text(p.prompt[at]),
    target: text(p.target[at]), sent: text(p.sent[at]),
  }));
  const title = (task) => (store.tasks[task] ? store.tasks[task][0] : task);
  const axis = (task) => (store.tasks[task] ? store.tasks[task][1] : "");
  const has = (at, i) => store.cells[i].completion[at] !== -2;

  function cell(prompt, i) {
    if (!has(prompt.at, i)) return null;
    const column = store.cells[i], at = prompt.at;
    return {
      completion: text(column.completion[at]), outcome: text(column.outcome[at]), counted: column.counted[at],
      finish: text(column.finish[at]), tokens: column.tokens[at], covered: column.covered[at] === 1,
      judges: store.judgings[column.judging[at]].map(([j, o, e]) => ({ judge: text(j), outcome: text(o), evidence: text(e) })),
    };
  }

  // A variant's outcome on a prompt: 1, 0 or null (unscored); over seeds, what more than half of them say, else 0.
  function answers(at, variant) {
    return (columns.get(variant) || []).map((i) => store.cells[i].counted[at]).filter((counted) => counted >= 0);
  }
  function majority(values) {
    if (!values.length) return null;
    return values.reduce((a, b) => a + b, 0) * 2 > values.length ? 1 : 0;
  }
  function flips(prompt, variant, { flip, against }) {
    const values = answers(prompt.at, variant);
    if (flip === "mixed") return values.includes(0) && values.includes(1);
    const before = majority(answers(prompt.at, against));
    const after = majority(values);
    if (before === null || after === null || variant === against || before === after) return false;
    const harm = axis(prompt.task) === "harmfulness";
    return {
      flip: true, rose: after > before, fell: after < before, harmful: harm && after > before, safe: harm && after < before,
    }[flip];
  }

  let lower = null; // the texts in lower case, made at the first search
  function found(search) {
    if (!search) return null;
    lower = lower || store.texts.map((t) => t.toLowerCase());
    const needle = search.toLowerCase();
    return lower.map((t) => t.includes(needle));
  }

  function chosen(f) {
    const wanted = f.variant ? [f.variant] : variants;
    const own = wanted.flatMap((v) => columns.get(v));
    const outcome = store.texts.indexOf(f.outcome);
    const hits = found(f.search);
    return prompts.filter((prompt) => {
      const at = prompt.at;
      if (f.task && prompt.task !== f.task) return false;
      if (f.category && prompt.category !== f.category) return false;
      if (f.outcome && !own.some((i) => has(at, i) && store.cells[i].outcome[at] === outcome)) return false;
      if (f.flip && !wanted.some((v) => flips(prompt, v, f))) return false;
      return !hits || hits[p.prompt[at]] || hits[p.id[at]] || own.some((i) => hits[store.cells[i].completion[at]]);
    });
  }

  const lowerIsBetter = (task) => store.tasks[task] && store.tasks[task][3] === "lower";
  const outcomes = () => {
    const seen = new Set(store.cells.flatMap((c) => [...new Set(c.outcome)]));
    return [...seen].filter((i) => i >= 0).map(text).sort();
  };
  return { checkpoints, variants, base, columns, prompts, title, cell, chosen, lowerIsBetter, outcomes };
}
