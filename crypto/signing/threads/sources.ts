/** Folders of this project that a thread's modules are in. */
import { fileURLToPath } from "node:url";

const FOLDERS = ["crypto", "protocol"];

/** Returns the folders that starting a thread reads; none where the program is not in files. */
export function threadSources(): string[] {
  const root = new URL("../../../", import.meta.url);
  return root.protocol === "file:" ? FOLDERS.map((folder) => fileURLToPath(new URL(folder, root))) : [];
}
