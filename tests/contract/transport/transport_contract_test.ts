import { transportContract } from "./transport_contract.ts";
import { memoryTwin, mixedTwins, zmqTwin, zmtpTwin } from "./transport_twins.ts";

for (const twin of [memoryTwin, zmqTwin, zmtpTwin, ...mixedTwins]) transportContract(twin);
