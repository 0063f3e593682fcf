/** A client process of `deno task bench`: writes as it is told on standard input, to a cluster or to etcd. */
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";
import { printLine } from "../../tasks/support/run_task.ts";
import { connectEtcd } from "../etcd/grpc_put.ts";
import { connectCluster } from "./cluster_connections.ts";
import type { LoadAnswer, LoadCommand, LoadOrder, LoadResult, SignatureCount } from "./load_command.ts";
import { type Connections, Writers } from "./writers.ts";

async function connect(args: readonly string[]): Promise<{ readonly name: string; readonly to: Connections }> {
  const flags = readFlags(args, ["name", "cluster", "key-files", "group", "etcd", "connections"], []);
  const to = flags.etcd === undefined
    ? await connectCluster(flags.cluster!, flags["key-files"]!.split(","), wholeNumber("group", flags.group)!)
    : await connectEtcd(flags.etcd, wholeNumber("connections", flags.connections) ?? 1);
  return { name: flags.name!, to };
}

class Worker {
  readonly #name: string;
  readonly #to: Connections;
  #writers: Writers | null = null;
  #since: SignatureCount;

  constructor(name: string, to: Connections) {
    this.#name = name;
    this.#to = to;
    this.#since = { ...to.work };
  }

  async carryOut(order: LoadOrder): Promise<LoadResult | undefined> {
    switch (order.do) {
      case "start":
        this.#writers = new Writers(this.#to.puts, order.writers, `bench/${this.#name}/`, order.size, {
          ...{ reads: this.#to.reads, percent: order.readPercent },
        });
        return;
      case "measure":
        this.#since = { ...this.#to.work };
        this.#writers!.measure();
        return;
      case "stop": {
        const [{ signed, verified }, since] = [{ ...this.#to.work }, this.#since];
        const result = await this.#writers!.stop();
        return { ...result, signed: signed - since.signed, verified: verified - since.verified };
      }
    }
  }
}

const say = (answer: LoadAnswer): void => printLine(JSON.stringify(answer));

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

const { name, to } = await connect(Deno.args);
const worker = new Worker(name, to);
say({ id: 0 });
for await (const line of linesOf(Deno.stdin.readable)) {
  const { id, ...order }: LoadCommand = JSON.parse(line);
  try {
    const result = await worker.carryOut(order);
    say(result === undefined ? { id } : { id, result });
  } catch (error) {
    say({ id, failed: Error.isError(error) ? error.message : `${error}` });
  }
}
// Whoever started this process has ended, or wants it to.
Deno.exit(0);
