import { Badge } from "@mantine/core"
import { colorOf, type Tone } from "./tone.ts"

/** A state as a word with a colour. */
export const State = ({ tone, children }: { readonly tone: Tone; readonly children: string }) => (
  <Badge variant="outline" color={colorOf[tone]} className={`state state-${tone}`} tt="none">
    {children}
  </Badge>
)
