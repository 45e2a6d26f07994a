import { type Descriptor, MAX_WRAPPERS, type Shape } from "./descriptor.ts";
import { misuse } from "./misuse.ts";

/** Whether null can be a value of the descriptor, so that an option of it needs `{ some: value }`. */
export function nullable(descriptor: Descriptor): boolean {
  let shape = descriptor as Shape;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    switch (shape.kind) {
      case "unit":
      case "unitStruct":
      case "option":
        return true;
      case "untagged":
        return shape.variants.some(nullable);
      case "mapped":
        return shape.nullable();
      case "newtype":
      case "recoverable":
      case "default":
        shape = shape.inner as Shape;
        break;
      case "lazy":
        shape = shape.resolve() as Shape;
        break;
      case "owned":
        shape = shape.long as Shape;
        break;
      default:
        return false;
    }
  }
  throw misuse("a t.lazy() leads back to itself without a container in between");
}
