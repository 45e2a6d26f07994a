/** cuttle as plain objects: `provide(object)` and `consume()`, nothing declared. */

import { connectionOf, consume, provide } from "../../ts/index.ts";
import { LIMITS } from "./cuttle-types.ts";
import type { Client, Place, Rival } from "./rival.ts";
import { Service } from "./service.ts";

export const cuttlePlain: Rival = {
  name: "cuttle objects",
  level: "value",
  async connect(place: Place): Promise<Client> {
    const service = await consume<Service>(place, { limits: LIMITS });
    return {
      call: async (value) => await service.call(value),
      upload: async (bytes) => await service.upload(bytes),
      close: () => connectionOf(service).close(),
    };
  },
  answer(worker) {
    void provide(new Service(), { to: worker as Worker, limits: LIMITS });
  },
};
