import { transportContract } from "./transport_contract.ts";
import { memoryTwin, zmqTwin } from "./transport_twins.ts";

transportContract(memoryTwin);
transportContract(zmqTwin);
