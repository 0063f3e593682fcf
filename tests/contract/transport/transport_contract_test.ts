import { transportContract } from "./transport_contract.ts";
import { curveTwins, memoryTwin, mixedTwins, zmqTwin, zmtpTwin } from "./transport_twins.ts";

for (const twin of [memoryTwin, zmqTwin, zmtpTwin, ...mixedTwins, ...curveTwins]) transportContract(twin);
