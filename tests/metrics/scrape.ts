/** Scraping of metrics in tests. */

/** An answer over HTTP. */
export interface Scraped {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Asks a server of this machine for `path`. */
export async function get(port: number, path: string, method = "GET"): Promise<Scraped> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, type: response.headers.get("content-type") ?? "", body: await response.text() };
}

/** Returns the values of a scrape by name and labels, as they are written. */
export function valuesIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}
