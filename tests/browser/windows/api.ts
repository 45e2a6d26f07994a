import { transfer } from "../../../ts/index.ts";

/** What every worker and server of these tests provides. */
export function makeApi() {
  let visits = 0;
  return {
    visit: (): number => ++visits,
    greet: (name: string): string => `hello ${name}`,
    async count(to: number, onNumber: (number: number) => void): Promise<void> {
      for (let number = 1; number <= to; number++) onNumber(number);
    },
    async turn(picture: { pixels: Uint8Array; names: string[] }): Promise<{ pixels: Uint8Array; names: string[] }> {
      return { pixels: transfer(picture.pixels), names: picture.names.reverse() };
    },
    never: (): Promise<void> => new Promise(() => {}),
  };
}

/** See {@link makeApi}. */
export type Api = ReturnType<typeof makeApi>;
