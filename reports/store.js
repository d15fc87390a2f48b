// Reads the samples that the file carries: JSON, or base64 of raw deflate of JSON. Written by harness/report_store.py.
"use strict";
const readStore = (() => {
  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const raw = atob(base64);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  }

  function unpacked(bytes) {
    if (typeof DecompressionStream === "undefined") return new TextDecoder().decode(inflate(bytes));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
  }

  // Where the browser has no DecompressionStream: RFC 1951, after zlib's puff.
  const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  function huffman(lengths) {
    const count = new Uint16Array(16), offset = new Uint16Array(16), symbol = new Uint16Array(lengths.length);
    for (const length of lengths) count[length]++;
    for (let i = 1; i < 15; i++) offset[i + 1] = offset[i] + count[i];
    lengths.forEach((length, i) => { if (length) symbol[offset[length]++] = i; });
    return { count, symbol };
  }

  function inflate(bytes) {
    let out = new Uint8Array(bytes.length * 4 + 1024);
    let size = 0, at = 0, held = 0, have = 0, last = 0;
    function bits(need) {
      while (have < need) { held |= bytes[at++] << have; have += 8; }
      const value = held & ((1 << need) - 1);
      held >>>= need;
      have -= need;
      return value;
    }
    function decode({ count, symbol }) {
      let code = 0, first = 0, index = 0;
      for (let length = 1; length < 16; length++) {
        code |= bits(1);
        if (code - count[length] < first) return symbol[index + code - first];
        index += count[length];
        first = (first + count[length]) << 1;
        code <<= 1;
      }
      throw new Error("the samples in this file are damaged");
    }
    function room(more) {
      if (size + more <= out.length) return;
      const bigger = new Uint8Array(Math.max(out.length * 2, size + more));
      bigger.set(out);
      out = bigger;
    }
    function stored() {
      held = have = 0;
      const length = bytes[at] | (bytes[at + 1] << 8);
      room(length);
      out.set(bytes.subarray(at + 4, at + 4 + length), size);
      at += 4 + length;
      size += length;
    }
    function tables() {
      const literals = bits(5) + 257, distances = bits(5) + 1, codes = bits(4) + 4;
      const first = new Array(19).fill(0);
      for (let i = 0; i < codes; i++) first[ORDER[i]] = bits(3);
      const tree = huffman(first), lengths = [];
      while (lengths.length < literals + distances) {
        const sign = decode(tree);
        const [value, times] = sign < 16 ? [sign, 1] : sign === 16 ? [lengths.at(-1), 3 + bits(2)] : [0, sign === 17 ? 3 + bits(3) : 11 + bits(7)];
        for (let i = 0; i < times; i++) lengths.push(value);
      }
      return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
    }
    function fixed() {
      const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
      return [huffman(lengths), huffman(new Array(30).fill(5))];
    }
    while (!last) {
      last = bits(1);
      const kind = bits(2);
      if (kind === 0) { stored(); continue; }
      const [literal, distance] = kind === 1 ? fixed() : tables();
      for (let sign = decode(literal); sign !== 256; sign = decode(literal)) {
        if (sign < 256) { room(1); out[size++] = sign; continue; }
        const length = LENGTHS[sign - 257] + bits(LENGTH_BITS[sign - 257]), far = decode(distance);
        const back = DISTANCES[far] + bits(DISTANCE_BITS[far]);
        room(length);
        for (let i = 0; i < length; i++, size++) out[size] = out[size - back];
      }
    }
    return out.subarray(0, size);
  }

  return async (node) => {
    const plain = node.textContent;
    if (node.type === "application/json") return JSON.parse(plain);
    return JSON.parse(await unpacked(bytesOf(plain)));
  };
})();
