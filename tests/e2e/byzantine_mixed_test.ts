/** Two faulty replicas of different kinds at once among seven processes (§1.1: f = 2): they break nothing together either. */
import { eventually } from "../../tasks/support/eventually.ts";
import { allRefuse, enoughAccuse, runByzantine } from "./byzantine_run.ts";

Deno.test("equivocate and corrupt-acks among seven processes", () =>
  runByzantine({
    replicas: 7,
    faulty: { r2: "equivocate", r5: "corrupt-acks" },
    async shown(run) {
      await enoughAccuse(run, "r5", "double-ack");
      await enoughAccuse(run, "r2", "double-ack");
    },
  }));

Deno.test("elections and forge-client among seven processes", () =>
  runByzantine({
    replicas: 7,
    faulty: { r2: "elections", r3: "forge-client" },
    async shown(run) {
      await allRefuse(run, "no-pre-vote-certificate:RequestVote", "base-without-certificate:RequestVote");
      await eventually("made-up answers are noticed", () => (run.client.report.disagreements["r3"] ?? 0) > 0);
    },
  }));
