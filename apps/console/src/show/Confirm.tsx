import { Button, Group, Modal, Text } from "@mantine/core"
import type { ReactNode } from "react"

/** Asks once more before something that is not undone by a click. */
export const Confirm = ({
  opened,
  onClose,
  title,
  children,
  action,
  onConfirm,
  isBusy
}: {
  readonly opened: boolean
  readonly onClose: () => void
  readonly title: string
  /** What will happen, and what will not. */
  readonly children: ReactNode
  /** What the button does, in the words of the title. */
  readonly action: string
  readonly onConfirm: () => void
  readonly isBusy: boolean
}) => (
  <Modal opened={opened} onClose={onClose} title={title} centered>
    <Text size="sm" component="div">
      {children}
    </Text>
    <Group mt="md" justify="flex-end">
      <Button variant="default" onClick={onClose} data-autofocus>
        Leave it
      </Button>
      <Button color="red" loading={isBusy} onClick={onConfirm}>
        {action}
      </Button>
    </Group>
  </Modal>
)
