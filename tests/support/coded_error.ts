/** An error as the system throws it, with a code. */
export class CodedError extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}
