/** A list in Vue. */

// #region readme
import { defineComponent, h, type PropType, ref } from "vue";
import type { MirroredMap } from "../../ts/index.ts";
import { useEntry, useLive } from "../../ts/vue.ts";

/** Shows one price at a time; the same calls stand in the `<script setup>` of a component in a file. */
export const Prices = defineComponent({
  props: { prices: { type: Object as PropType<MirroredMap<string, number>>, required: true } },
  setup(props) {
    const names = useLive(
      () => props.prices,
      (all) => [...all.keys()],
    );
    const name = ref("ACME");
    const price = useEntry(() => props.prices, name); // follows `name`, too
    return () => [
      h("p", `${name.value}: ${price.value}`),
      names.value.map((other) => h("button", { onClick: () => (name.value = other) }, other)),
    ];
  },
});
// #endregion
