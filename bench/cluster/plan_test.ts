import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { readBenchPlan } from "./plan.ts";

Deno.test("without arguments a plan is the documented one", () => {
  assertEquals(readBenchPlan([]), {
    ...{
      profile: "byzantine",
      replicas: 4,
      byzantine: null,
      clients: [1, 64],
      size: 200,
      seconds: 20,
      warmUpSeconds: 4,
    },
    ...{
      mode: "closed",
      rate: null,
      outstanding: 1,
      processes: 2,
      keys: 1,
      readPercent: 0,
      group: 1,
      idleSeconds: 10,
      runs: 1,
    },
    ...{ etcd: null, json: null, svg: null },
  });
});

Deno.test("every flag is taken over", () => {
  const args =
    "--profile crash --replicas 7 --clients 4,8 --size 1000 --seconds 5 --warm-up 1 --mode pipelined --outstanding 256 --processes 4 " +
    "--keys 2 --idle-seconds 0 --runs 5 --compare etcd --etcd-nodes 5 --etcd-load grpc --json a.json --svg a.svg";
  assertEquals(readBenchPlan(args.split(" ")), {
    ...{ profile: "crash", replicas: 7, byzantine: null, clients: [4, 8], size: 1000, seconds: 5, warmUpSeconds: 1 },
    ...{
      mode: "pipelined",
      rate: null,
      outstanding: 256,
      processes: 4,
      keys: 2,
      readPercent: 0,
      group: 64,
      idleSeconds: 0,
      runs: 5,
    },
    ...{ etcd: { nodes: 5, load: "grpc" }, json: "a.json", svg: "a.svg" },
  });
});

Deno.test("one replica can be faulty", () => {
  assertEquals(readBenchPlan(["--byzantine", "equivocate"]).byzantine, "equivocate");
});

Deno.test("an open loop has a rate, and groups", () => {
  const { clients, mode, rate, outstanding, group } = readBenchPlan("--mode open --rate 9000 --processes 4".split(" "));
  assertEquals({ clients, mode, rate, outstanding, group }, {
    ...{ clients: [4], mode: "open", rate: 9000, outstanding: 1, group: 64 },
  });
});

Deno.test("the crash profile is measured with three replicas unless told otherwise", () => {
  assertEquals(readBenchPlan(["--profile", "crash"]).replicas, 3);
});

Deno.test("the warm-up is a fifth of the time, and at least 3 s", () => {
  const warmUp = (seconds: number) => readBenchPlan(["--seconds", `${seconds}`]).warmUpSeconds;
  assertEquals([warmUp(1), warmUp(20), warmUp(100)], [3, 4, 20]);
});

const REFUSED: readonly (readonly [string, string])[] = [
  ["--clients 1,0", "--clients: given 0, wanted at least 1"],
  ["--clients 1,x", '--clients: given "x", wanted an integer'],
  ["--profile raft", '--profile: given "raft", wanted one of byzantine, crash'],
  [
    "--byzantine drunk",
    "--byzantine: given drunk, wanted equivocate or withhold or usurp or elections or opposite-votes or forge-client or corrupt-acks or silent or slow",
  ],
  ["--byzantine silent --compare etcd", "--byzantine: given silent with --compare etcd, wanted one of them"],
  ["--byzantine silent --profile crash", "--byzantine: given silent with --profile crash, wanted one of them"],
  ["--size 70000", "--size: given 70000, wanted 1 to 65536"],
  ["--seconds 0", "--seconds: given 0, wanted at least 1"],
  ["--processes 0", "--processes: given 0, wanted 1 to 64"],
  ["--mode half-open", "--mode: given half-open, wanted closed or pipelined or open"],
  ["--mode open", "--mode open: given without --rate, wanted both"],
  ["--rate 100", "--rate: given 100 with --mode closed, wanted --mode open beside it"],
  ["--mode open --rate 0", "--rate: given 0, wanted at least 1"],
  ["--mode open --rate 9 --clients 4", "--clients: given 4 with --mode open, wanted --rate alone"],
  ["--mode open --rate 9 --compare etcd", "--compare: given etcd with --mode open, wanted another mode"],
  ["--outstanding 4", "--outstanding: given 4 with --mode closed, wanted --mode pipelined beside it"],
  ["--reads 101", "--reads: given 101, wanted 0 to 100"],
  ["--reads 5 --compare etcd", "--reads: given 5 with --compare etcd, wanted one of them"],
  ["--compare consul", "--compare: given consul, wanted etcd"],
  ["--etcd-nodes 5", "--etcd-nodes: given without --compare etcd, wanted together with it"],
  [
    "--clients 3000",
    "writes under way on one key: given 1500, wanted at most 1024: fewer --clients or --outstanding, more --processes or --keys",
  ],
];

Deno.test("what makes no sense is refused, with what was given and what is wanted", () => {
  for (const [args, message] of REFUSED) {
    assertEquals(assertThrows(() => readBenchPlan(args.split(" ")), ConfigError).message, message);
  }
});
