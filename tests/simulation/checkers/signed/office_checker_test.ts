/** §14: hand-overs and offices, as honest replicas sign them and tell of them. */
import { replicaId } from "../../../../protocol/ids.ts";
import type { CoreEvent } from "../../../../replica/core/output.ts";
import {
  appendEntries,
  endOf,
  GENESIS,
  grow,
  headIn,
  prepareCertificate,
  request,
  requestVote,
} from "../../../clauses/support/forge.ts";
import { handOver } from "../../../clauses/support/forge_offices.ts";
import { CheckerLab, fires, THREE } from "../checker_lab.ts";

const CHAIN = grow(GENESIS, 3, 1);
const TIP = endOf(CHAIN);

/** Returns a cluster whose leader, r1, has the first `entries` of term 1 committed. */
function ledLab(byzantine: readonly string[] = ["r4"], entries = 3): CheckerLab {
  const lab = new CheckerLab({ byzantine });
  for (const number of [1, 2, 3]) lab.checkers.requested(request(number, "main"), 0);
  lab.settle(1, "r1", CHAIN.slice(0, entries));
  lab.send("r1", { kind: "AppendEntries", ...headerOf(entries) });
  return lab;
}

const headerOf = (entries: number) => {
  const { signed, entries: sent, proof } = appendEntries("r1", 1, CHAIN.slice(0, entries));
  return { signed, entries: sent, proof };
};

const tell = (lab: CheckerLab, at: string, event: string, fields: CoreEvent["fields"], now = 0): void =>
  lab.checkers.event(replicaId(at), { event, level: "info", fields }, now);

const suspects = (lab: CheckerLab, at: string, leader: string, reason = "hand-over"): void =>
  tell(lab, at, "suspect", { reason, term: 1, leader });

Deno.test("§14.2: a successor that has not reported the leader's last entry prepared", () => {
  const lab = ledLab();
  lab.send("r1", handOver("r1", 1, "r2", TIP));
  lab.send("r1", handOver("r1", 1, "r2", TIP));
  fires("§14.2", () => {
    const fresh = ledLab([]);
    fresh.send("r1", handOver("r1", 1, "r4", TIP));
  });
  fires("§14.2", () => ledLab().send("r1", handOver("r1", 1, "r2", headIn(CHAIN, 2))));
});

Deno.test("§14.3: suspicion for a word that its leader never gave, and of a faulty one for whatever word", () => {
  const lab = ledLab();
  suspects(lab, "r2", "r4");
  fires("§14.3", () => suspects(lab, "r2", "r1"));
  lab.send("r1", handOver("r1", 1, "r2", TIP));
  suspects(lab, "r2", "r1");
});

Deno.test("§14.3: who handed over stands again too soon; not where another has led since, nor after a restart", () => {
  const stand = (lab: CheckerLab) => {
    lab.hardState("r1", {
      currentTerm: 2 as never,
      vote: { candidate: replicaId("r1"), base: { ...TIP, term: 1 as never } },
    });
    lab.send("r1", requestVote("r1", 2, THREE, prepareCertificate(1, TIP, THREE)));
  };
  const handed = () => {
    const lab = ledLab();
    lab.send("r1", handOver("r1", 1, "r2", TIP));
    return lab;
  };
  fires("§14.3", () => stand(handed()));
  const led = handed();
  tell(led, "r1", "leader", { term: 2, leader: "r2" });
  stand(led);
  const restarted = handed();
  restarted.restart("r1");
  stand(restarted);
});

Deno.test("§14.5: two hand-overs for one learner in a row", () => {
  const lab = ledLab();
  const begins = (learner: string, now: number) =>
    tell(lab, "r1", "hand-over-begun", { reason: "learner", term: 1, learner }, now);
  begins("r3", 0);
  begins("r4", 10);
  begins("r3", 64 * 16_000);
  fires("§14.5", () => begins("r4", 16_000));
});

Deno.test("§14.6: a term of office that is over though nothing but the leader's own entry was committed", () => {
  suspects(ledLab(), "r2", "r1", "office");
  fires("§14.6", () => suspects(ledLab(["r4"], 1), "r2", "r1", "office"));
});
