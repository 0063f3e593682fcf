/** A table for a terminal. */

/** Returns lines with `cells` in columns under `head`: the first column to the left, the others to the right. */
export function textTable(head: readonly string[], cells: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)).join("  ").trimEnd();
  return [head, ...cells].map(line);
}

const SIGNIFICANT = 3;

/** Returns a figure with three digits, or all of those before the point; "–" where there is none. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const before = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.max(0, Math.min(SIGNIFICANT, SIGNIFICANT - before)));
}
