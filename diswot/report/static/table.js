// The table of candidates: sorted by any column, a page at a time.

const SIZE = 25;

export class CandidateTable {
  // `columns`: [{key, title, text, digits, size}]; `choose` is called with the number of a candidate.
  constructor(table, columns, recommended, choose) {
    this.table = table;
    this.columns = columns;
    this.recommended = recommended;
    this.choose = choose;
    this.rows = [];
    this.order = "score";
    this.down = true;
    this.page = 0;
    this.chosen = null;
    const [previous, next] = ["previous", "next"].map((id) => document.getElementById(id));
    previous.addEventListener("click", () => this.turn(-1));
    next.addEventListener("click", () => this.turn(1));
  }

  show(rows) {
    this.rows = [...rows].sort((a, b) => this.compare(a, b));
    const last = Math.max(0, Math.ceil(rows.length / SIZE) - 1);
    this.page = Math.min(this.page, last);
    const from = this.page * SIZE;
    const shown = this.rows.slice(from, from + SIZE);
    const kept = document.activeElement?.id;
    this.table.replaceChildren(this.head(), this.body(shown));
    if (kept) document.getElementById(kept)?.focus();
    document.getElementById("where").textContent = rows.length
      ? `${from + 1} to ${from + shown.length} of ${rows.length.toLocaleString("en")}` : "none yet";
    document.getElementById("previous").disabled = this.page === 0;
    document.getElementById("next").disabled = this.page >= last;
  }

  pick(number) {
    this.chosen = number;
    const place = this.rows.findIndex((row) => row.number === number);
    if (place >= 0) this.page = Math.floor(place / SIZE);
    this.show(this.rows);
  }

  turn(by) {
    this.page = Math.max(0, this.page + by);
    this.show(this.rows);
  }

  sort(key) {
    this.down = this.order === key ? !this.down : key === "score" || key === "inits";
    this.order = key;
    this.page = 0;
    this.show(this.rows);
  }

  compare(a, b) {
    const [left, right] = [a[this.order], b[this.order]];
    if (left === null || right === null) return (left === null) - (right === null);
    const way = left < right ? -1 : left > right ? 1 : a.number - b.number;
    return this.down ? -way : way;
  }

  head() {
    const row = element("tr");
    for (const { key, title, text } of this.columns) {
      const button = element("button", title);
      button.type = "button";
      button.id = `by-${key}`;
      button.addEventListener("click", () => this.sort(key));
      const cell = element("th");
      cell.scope = "col";
      if (text) cell.className = "text";
      if (key === this.order) cell.ariaSort = this.down ? "descending" : "ascending";
      cell.append(button, key === this.order ? (this.down ? " ▾" : " ▴") : "");
      row.append(cell);
    }
    const head = element("thead");
    head.append(row);
    return head;
  }

  body(rows) {
    const body = element("tbody");
    for (const row of rows) {
      const line = element("tr");
      if (row.arch === this.recommended) line.className = "picked";
      if (row.number === this.chosen) line.className = "chosen";
      for (const column of this.columns) line.append(this.cell(row, column));
      body.append(line);
    }
    return body;
  }

  cell(row, { key, text, digits, size }) {
    if (key !== "arch") {
      const cell = element("td", key === "number" ? String(row.number + 1) : say(row[key], digits, size));
      if (key === "score" && row.failure) {
        cell.replaceChildren(element("span", "failed", "failed"));
        cell.title = row.failure;
      }
      return cell;
    }
    const button = element("button", row.arch);
    button.type = "button";
    button.id = `candidate-${row.number}`;
    button.addEventListener("click", () => this.choose(row.number));
    const cell = element("td", "", "text arch");
    cell.append(button);
    return cell;
  }
}

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

export function say(value, digits, size = 1) {
  if (value === null || value === undefined) return "–";
  const shown = (value / size).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return shown.replace("-", "−");
}
