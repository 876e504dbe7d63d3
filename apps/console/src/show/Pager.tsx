import { Button, Group, Text } from "@mantine/core"
import { IconArrowRight, IconChevronsLeft } from "@tabler/icons-react"
import { countText } from "./Money.tsx"

/** Through a list page by page. Lists know the way forward only; the browser's back button knows the way back. */
export const Pager = ({
  shown,
  next,
  cursor,
  onGo
}: {
  readonly shown: number
  readonly next: string | null
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}) =>
  next === null && cursor === undefined ? (
    <Text size="sm" c="dimmed" mt="xs" role="status">
      {countText(shown)} shown, all there are
    </Text>
  ) : (
    <Group mt="xs" gap="xs">
      <Button
        variant="default"
        size="xs"
        disabled={cursor === undefined}
        leftSection={<IconChevronsLeft size={16} aria-hidden />}
        onClick={() => onGo(undefined)}
      >
        First page
      </Button>
      <Button
        variant="default"
        size="xs"
        disabled={next === null}
        rightSection={<IconArrowRight size={16} aria-hidden />}
        onClick={() => onGo(next ?? undefined)}
      >
        Next page
      </Button>
      <Text size="sm" c="dimmed" role="status">
        {countText(shown)} on this page
      </Text>
    </Group>
  )
