// Which words of two texts differ: the longest common subsequence of their words, after what both begin and end with.
const differing = (() => {
  const MOST = 4e6; // cells of the table: two texts of 2,000 words each
  const pieces = (text) => text.match(/\s+|\S+/g) || [];
  const word = (piece) => /\S/.test(piece);

  // Two lists of [piece, differs]; null where the texts are too long to compare.
  return (a, b) => {
    const sides = [pieces(a), pieces(b)];
    const [x, y] = sides.map((s) => s.filter(word));
    let start = 0, end = 0;
    while (start < x.length && start < y.length && x[start] === y[start]) start++;
    while (end < x.length - start && end < y.length - start && x.at(-1 - end) === y.at(-1 - end)) end++;
    const n = x.length - start - end, m = y.length - start - end;
    if (n * m > MOST) return null;
    const common = new Uint16Array((n + 1) * (m + 1));
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        const here = i * (m + 1) + j;
        common[here] = x[start + i] === y[start + j] ? common[here + m + 2] + 1 : Math.max(common[here + m + 1], common[here + 1]);
      }
    }
    const differs = [new Array(x.length).fill(false), new Array(y.length).fill(false)];
    for (let i = 0, j = 0; i < n || j < m;) {
      if (i < n && j < m && x[start + i] === y[start + j]) { i++; j++; }
      else if (j >= m || (i < n && common[(i + 1) * (m + 1) + j] >= common[i * (m + 1) + j + 1])) differs[0][start + i++] = true;
      else differs[1][start + j++] = true;
    }
    return sides.map((side, k) => {
      let at = 0;
      return side.map((piece) => [piece, word(piece) ? differs[k][at++] : false]);
    });
  };
})();
