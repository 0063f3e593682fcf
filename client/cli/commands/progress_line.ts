/** Formats the progress of a long command on one line. */
import type { BackupProgress } from "../../backup/gathering.ts";

const INTERVAL_MS = 100;
const KIB = 1024;

/** Returns `show`, limited to ten calls a second. */
export function paced(show: (line: string) => void, now: () => number = () => performance.now()) {
  let due = -Infinity;
  return (line: () => string): void => {
    if (now() < due) return;
    due = now() + INTERVAL_MS;
    show(line());
  };
}

/** Formats a number of bytes for people. */
export function sizeOf(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < KIB * KIB) return `${(bytes / KIB).toFixed(1)} KiB`;
  return `${(bytes / KIB / KIB).toFixed(1)} MiB`;
}

/** Formats the progress of a running backup. */
export function backupLine({ phase, done, total, bytes }: BackupProgress): string {
  const fetched = `${sizeOf(bytes)} fetched`;
  switch (phase) {
    case "epochs":
      return `looking for the ends of ${total} epochs`;
    case "target":
      return "looking for the newest checkpoint";
    case "entries":
    case "chunks":
      return `${phase} ${done} of ${total}, ${fetched}`;
    case "writing":
      return `writing, ${fetched}`;
    case "checking":
      return `checking ${sizeOf(done)} of ${sizeOf(total)}`;
  }
}
