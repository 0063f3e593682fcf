import { UsageError } from "../../errors.ts";
import { EXIT } from "../common/exit_codes.ts";
import type { Command } from "./command.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

export const serve: Command = {
  name: "serve",
  usage: "serve --http HOST:PORT",
  summary: "serve the key-value store over HTTP until Ctrl-C (docs/gateway.md)",
  notes: [
    "Without --tokens it is served at an address of this machine alone, where every process may write.",
    "Its users trust it: it shows them what f+1 replicas say alike, and writes in the name of the key that it was given.",
  ],
  operands: [0, 0],
  options: {
    http: { value: "HOST:PORT", summary: "where to listen; port 0 for any that is free" },
    tokens: {
      value: "FILE",
      summary: "bearer tokens that are let in, one a line, and what each may do; for its owner alone (mode 0600)",
    },
    "tls-cert": { value: "FILE", summary: "certificate chain, in PEM" },
    "tls-key": { value: "FILE", summary: "its key, in PEM" },
    open: { value: null, summary: "let in whoever reaches it, without tokens" },
  },
  showsProgress: true,
  async run({ client, options, emit, globals }) {
    // Nobody else needs the libraries behind it.
    const { parseTokens, startGateway } = await import("../../gateway/mod.ts");
    const { "tls-cert": cert, "tls-key": key, tokens } = options;
    if ((cert === undefined) !== (key === undefined)) {
      throw new UsageError("--tls-cert and --tls-key: given one of them, wanted both or none");
    }
    const gateway = startGateway(client, {
      ...httpAddress(options["http"]),
      tokens: tokens === undefined ? null : parseTokens(await secretOf("tokens", tokens)),
      open: "open" in options,
      tls: cert === undefined ? null : { cert: await textOf("tls-cert", cert), key: await textOf("tls-key", key!) },
    });
    const { cluster } = client.roster;
    emit(
      globals.json
        ? JSON.stringify({ serving: gateway.url, cluster })
        : `gateway of cluster ${cluster} at ${gateway.url}`,
    );
    const stop = () => void gateway.close();
    for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
    await gateway.finished;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    return { exitCode: EXIT.done, json: { served: gateway.url }, exact: true };
  },
};

/** Returns the address that `--http` names. Throws {@linkcode UsageError}. */
export function httpAddress(given: string | undefined): { readonly hostname: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(given ?? "") ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new UsageError(
      `--http was given ${
        given === undefined ? "no address" : `"${given.slice(0, 100)}"`
      }; wanted HOST:PORT, as in 127.0.0.1:8080`,
    );
  }
  return { hostname: bracketed ?? plain!, port };
}

async function textOf(option: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UsageError(
      `--${option}: given ${path}, which cannot be read (${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
}

/** Reads a file that only its owner may reach, where the file system has modes. */
async function secretOf(option: string, path: string): Promise<string> {
  const text = await textOf(option, path);
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & 0o077) !== 0) {
    const given = (mode & 0o777).toString(8).padStart(4, "0");
    throw new UsageError(
      `--${option}: given ${path} with mode ${given}, which others may reach; wanted 0600: chmod 600`,
    );
  }
  return text;
}
