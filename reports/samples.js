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
    target: text(p.target[at]), targetCovered: p.target_covered[at] === 1, sent: text(p.sent[at]),
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

  // Whether the judges of a completion say different things; one that finds no harm agrees with a refusal.
  const unscored = store.texts.indexOf("unscored"), neither = store.texts.indexOf("neither"), refuses = store.texts.indexOf("refuses");
  const said = store.judgings.map((judging) => judging.map((j) => j[1]).filter((o) => o !== unscored));
  const split = said.map((outcomes) => new Set(outcomes.map((o) => (o === neither ? refuses : o))).size > 1);
  const severalJudges = said.some((outcomes) => outcomes.length > 1);

  // A search's words and "phrases", in lower case and with single spaces.
  function terms(search) {
    const parts = [...search.toLowerCase().matchAll(/"([^"]*)"?|[^\s"]+/g)];
    return parts.map((m) => (m[1] ?? m[0]).replace(/\s+/g, " ").trim()).filter(Boolean);
  }
  let lower = null; // the texts so, made at the first search
  // Of each word or phrase, which texts hold it; null where nothing is searched.
  function found(search) {
    const wanted = terms(search);
    if (!wanted.length) return null;
    lower = lower || store.texts.map((t) => t.toLowerCase().replace(/\s+/g, " "));
    return wanted.map((term) => lower.map((t) => t.includes(term)));
  }

  // All filters but task and category are met by one variant: verdict, judges and search by one completion of it.
  function chosen(f) {
    const wanted = f.variant ? [f.variant] : variants;
    const outcome = store.texts.indexOf(f.outcome);
    const hits = found(f.search), id = f.search.trim().toLowerCase();
    const judged = f.outcome || f.judges;
    function fits(at, i, named) {
      const { outcome: outcomes, judging, completion } = store.cells[i];
      if (f.outcome && outcomes[at] !== outcome) return false;
      if (f.judges && !split[judging[at]]) return false;
      return named || hits.every((hit) => hit[p.prompt[at]] || hit[completion[at]]);
    }
    return prompts.filter((prompt) => {
      const at = prompt.at;
      if (f.task && prompt.task !== f.task) return false;
      if (f.category && prompt.category !== f.category) return false;
      const named = !hits || hits.every((hit) => hit[p.prompt[at]]) || prompt.id.toLowerCase().startsWith(id);
      return wanted.some((v) => {
        if (f.flip && !flips(prompt, v, f)) return false;
        return (named && !judged) || columns.get(v).some((i) => has(at, i) && fits(at, i, named));
      });
    });
  }

  const lowerIsBetter = (task) => store.tasks[task] && store.tasks[task][3] === "lower";
  const outcomes = () => {
    const seen = new Set(store.cells.flatMap((c) => [...new Set(c.outcome)]));
    return [...seen].filter((i) => i >= 0).map(text).sort();
  };
  return { checkpoints, variants, base, columns, prompts, title, cell, chosen, lowerIsBetter, outcomes, severalJudges };
}
