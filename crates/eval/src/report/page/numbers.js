// Numbers as a person reads them: a true minus, no more digits than matter, and
// sixths as sixths.

const MINUS = "\u2212";
const known = (value) => typeof value === "number" && Number.isFinite(value);
const minus = (text) => text.replace("-", MINUS);

/** Three digits that matter; thousands apart. */
function plain(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return minus(Math.round(value).toLocaleString("en-GB").replaceAll(",", "\u2009"));
  return minus(String(Number(value.toPrecision(3))));
}

const percent = (value) => (known(value) ? minus(`${(100 * value).toFixed(1)}\u2009%`) : "–");

/** To one digit, or two where one would say 0. */
function tenths(value) {
  if (!known(value)) return "–";
  const text = value.toFixed(Math.abs(value) < 0.05 ? 2 : 1);
  return Number(text) === 0 ? "0" : minus(text);
}

/** The same with its sign, whichever it is. */
const signed = (value) => (value > 0 && tenths(value) !== "0" ? `+${tenths(value)}` : tenths(value));

const pText = (p) => (p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`);

const counted = (n, of) => `${plain(n)} ${n === 1 ? of.replace(/s$/, "") : of}`;

/** An interval in brackets, or nothing. */
const interval = (low, high, form) => (known(low) && known(high) ? `[${form(low)}, ${form(high)}]` : "");

const FRACTIONS = ["", "⅙", "⅓", "½", "⅔", "⅚"];

/** Sixths of a token as an exact mixed number: 251 is 41⅚. */
function mixed(sixths, sign = false) {
  const size = Math.abs(sixths);
  const whole = Math.floor(size / 6);
  const text = `${whole === 0 && size % 6 ? "" : whole}${FRACTIONS[size % 6]}`;
  if (sixths < 0) return MINUS + text;
  return sign && sixths > 0 ? `+${text}` : text;
}

/** Round numbers from low to high, about so many. */
function ticks(low, high, about) {
  const rough = (high - low) / about || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= rough) ?? 10);
  const all = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) all.push(Number((i * step).toPrecision(12)));
  return all;
}

const duration = (seconds) => (seconds < 120 ? `${Math.round(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`);
