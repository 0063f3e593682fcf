/** Runs commands under a terminal of their own, as a person does. Questions that a program asks only in a terminal show nowhere else. */
import { eventually } from "../../../tasks/support/eventually.ts";

const ROOT = new URL("../../../", import.meta.url);
/** The character Ctrl-C sends. */
const INTERRUPT = "\x03";
/** Sequences that move the cursor or erase, as an editor of lines sends them. */
// deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
const CURSOR = /\u001b\[[0-9;]*[A-Za-z]/g;
/** Deno's permission questions. */
const QUESTION = /Allow\?|Deno requests/;

export interface TerminalOptions {
  readonly program?: string;
  /** By default the folder of this project. */
  readonly cwd?: string | URL;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal implements AsyncDisposable {
  #text = "";
  #code: number | null = null;
  readonly #child: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<unknown>;

  /** Runs a program, this same Deno by default, with `args`. Throws if there is no `script` (util-linux). */
  constructor(args: readonly string[], { program = Deno.execPath(), cwd = ROOT, env = {} }: TerminalOptions = {}) {
    // The shell replaces itself: one that stayed would be interrupted with the command and hide its exit code.
    const line = `exec ${[program, ...args].map(quoted).join(" ")}`;
    const command = new Deno.Command("script", {
      args: ["-qec", line, "/dev/null"],
      ...{ cwd, env: { NO_COLOR: "1", ...env, SHELL: "/bin/sh" }, stdin: "piped", stdout: "piped", stderr: "null" },
    });
    this.#child = start(command);
    this.#keyboard = this.#child.stdin.getWriter();
    this.#ended = Promise.all([this.#read(), this.#child.status.then(({ code }) => this.#code = code)]);
  }

  /** Everything the terminal has shown, with plain line ends and without what moves its cursor. */
  get text(): string {
    return this.#text.replaceAll(CURSOR, "").replaceAll("\r\n", "\n");
  }

  /** Types `text`, which needs its own line ends. */
  async type(text: string): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(text));
  }

  /** Presses Ctrl-C. */
  interrupt(): Promise<void> {
    return this.type(INTERRUPT);
  }

  /** Waits until it shows `wanted`. Throws if it asks for a permission, ends without it or takes longer than `timeoutMs`. */
  async shows(wanted: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    return await this.#until(String(wanted), timeoutMs, () => {
      const found = wanted.exec(this.text);
      if (found === null && this.#code !== null) throw new Error(`ended with exit code ${this.#code}`);
      return found;
    });
  }

  /** Waits until the command has ended and returns its exit code. Throws if it asks for a permission or takes longer than `timeoutMs`. */
  async exitCode(timeoutMs: number): Promise<number> {
    const { code } = await this.#until("the end", timeoutMs, () => this.#code === null ? null : { code: this.#code });
    await this.#ended;
    this.#assertUnasked();
    return code;
  }

  /** Closes the terminal, which hangs up on everything still running in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#code === null) this.#child.kill("SIGKILL");
    await this.#ended;
    await this.#keyboard.close().catch(() => {});
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) this.#text += text;
  }

  async #until<T>(what: string, timeoutMs: number, condition: () => T): Promise<NonNullable<Exclude<T, false>>> {
    try {
      return await eventually(what, () => {
        this.#assertUnasked();
        return condition();
      }, timeoutMs);
    } catch (cause) {
      throw new Error(`waited for ${what}, ${cause instanceof Error ? cause.message : cause}:\n${this.text}`, {
        cause,
      });
    }
  }

  #assertUnasked(): void {
    if (QUESTION.test(this.#text)) throw new Error("it asks for a permission, wanted no question");
  }
}

function start(command: Deno.Command): Deno.ChildProcess {
  try {
    return command.spawn();
  } catch (cause) {
    const message = "there is no `script` to run commands under a terminal with, wanted the one of util-linux";
    throw cause instanceof Deno.errors.NotFound ? new Error(message, { cause }) : cause;
  }
}

/** Quotes one word of a shell's command line. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
