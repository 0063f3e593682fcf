/** Faults of accessibility as axe-core finds them. */
import axe from "axe-core";
import type { Page } from "playwright-core";

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const SERIOUS = ["serious", "critical"];

/** Returns what axe finds that is serious or critical, with the elements. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate("axe.run(document)") as { readonly violations: readonly Violation[] };
  return found.violations.filter(({ impact }) => impact !== null && SERIOUS.includes(impact)).map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} (${failureSummary})`).join("; ")}`
  );
}
