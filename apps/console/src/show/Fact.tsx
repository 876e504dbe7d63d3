import { Card, Text } from "@mantine/core"
import type { ReactNode } from "react"

/** One thing that is known, under its name. */
export const Fact = ({
  label,
  children
}: {
  readonly label: string
  readonly children: ReactNode
}) => (
  <Card withBorder padding="sm">
    <Text size="xs" c="dimmed">
      {label}
    </Text>
    <Text component="div" fw={500} style={{ overflowWrap: "anywhere" }}>
      {children}
    </Text>
  </Card>
)
