/** Two faulty replicas of different kinds at once among seven processes (§1.1: f = 2): together they break nothing either. */
import { eventually } from "../../../tasks/support/eventually.ts";
import { allRefuse, enoughAccuse, leadUntil, runByzantine } from "./byzantine_run.ts";

Deno.test("equivocate and corrupt-acks among seven processes", () =>
  runByzantine({
    replicas: 7,
    faulty: { r2: "equivocate", r5: "corrupt-acks" },
    async shown(run) {
      await enoughAccuse(run, "r5", "double-ack");
      await leadUntil(run, "r2", enoughAccuse(run, "r2", "double-ack"));
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

Deno.test("usurp and opposite-votes among seven processes", () =>
  runByzantine({
    replicas: 7,
    faulty: { r2: "usurp", r3: "opposite-votes" },
    async shown(run) {
      await enoughAccuse(run, "r3", "double-vote");
      await allRefuse(run, "no-proof");
    },
  }));
