/** Where a client keeps its control; also what makes its type one of a client. */
export const CONTROL: unique symbol = Symbol("cuttle.client");
