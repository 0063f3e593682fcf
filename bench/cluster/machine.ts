/** The machine that a benchmark ran on. Linux only. */
import type { Machine } from "./bench_result.ts";

/** Describes this machine, read by another process: Deno opens /proc only to a process with every permission. */
export async function describeMachine(): Promise<Machine> {
  const read = async (file: string) =>
    new TextDecoder().decode((await new Deno.Command("cat", { args: [`/proc/${file}`] }).output()).stdout).trim();
  const [cpus, kernel, load] = await Promise.all(["cpuinfo", "sys/kernel/osrelease", "loadavg"].map(read));
  return {
    cores: navigator.hardwareConcurrency,
    processor: /^model name\s*: (.*)$/m.exec(cpus!)?.[1] ?? "unknown",
    kernel: kernel!,
    deno: Deno.version.deno,
    loadBefore: load!.split(" ").slice(0, 3).join(" "),
  };
}
