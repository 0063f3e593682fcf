/** Mutants of ingress (§2.3, §9.1). Most of its rules bound costs, which the simulation does not count. */
import { type Mutant, patch } from "../mutant.ts";

export const INGRESS: readonly Mutant[] = [
  {
    name: "envelope-signature-unchecked",
    kind: "safety",
    clause: "§2.3",
    what: "a packet is taken for its signer's without a look at its own signature",
    how: "A Byzantine replica writes acks, reports and votes in the names of others.",
    needs: "a faulty replica that signs in others' names",
    patches: [
      patch(
        "judgePacket",
        `  if (!(yield* allHold(check, [own!]))) return faulty(\`signature:\${kind}\`);
`,
        ``,
      ),
    ],
  },
  {
    name: "good-entry-accuses",
    kind: "safety",
    clause: "§9.1",
    what: "a header and its entries accuse their leader though every request in them is signed by its client",
    how: "A Byzantine replica shows an honest leader's own AppendEntries as evidence of a bad entry.",
    needs: "a faulty replica that accuses honest ones",
    patches: [
      patch(
        "judgeEvidence",
        `  return good ? faulty("good-entry:Evidence") : admitted(packet);`,
        `  return good ? admitted(packet) : admitted(packet);`,
      ),
    ],
  },
];
