import { Button, Group, Menu, Text } from "@mantine/core"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Payload } from "../../api/Operations.ts"
import { Confirm } from "../../show/Confirm.tsx"
import { countText } from "../../show/Money.tsx"
import { ProblemBox } from "../../show/States.tsx"
import { type ProductsSearch, productReadings } from "./products.ts"

type Bulk = Payload<"POST /v1/catalogue/products/bulk">

const actions: Readonly<Record<Bulk["action"], { readonly label: string; readonly what: string }>> =
  {
    publish: { label: "Publish them", what: "be published: accounts may buy them by their lists" },
    unpublish: { label: "Unpublish them", what: "not be for sale any more" },
    acknowledge: {
      label: "Acknowledge them",
      what: "count as seen: what runs have said of them is taken off"
    }
  }
const isAction = (text: string): text is Bulk["action"] => Object.hasOwn(actions, text)

/** What is done to all products of the filter, on every page of the list, after it was counted. */
export const BulkActions = ({
  filter: { family, instance, published, q, status }
}: {
  readonly filter: ProductsSearch & { readonly instance: string }
}) => {
  const [asked, setAsked] = useState<Bulk | null>(null)
  const count = useCommand("POST /v1/catalogue/products/bulk", [])
  const act = useCommand("POST /v1/catalogue/products/bulk", productReadings)
  const ask = (action: Bulk["action"]) => {
    const payload: Bulk = {
      instance,
      action,
      ...(family === undefined ? {} : { family }),
      ...(status === undefined ? {} : { status }),
      ...(q === undefined ? {} : { q }),
      ...(published === undefined ? {} : { published: published === "true" })
    }
    act.reset()
    count.mutate(
      { parts: { payload, query: { dryRun: "true" } } },
      { onSuccess: () => setAsked(payload) }
    )
  }
  const close = () => setAsked(null)
  const problem = act.error ?? count.error
  return (
    <>
      <Group mb="sm">
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="default" size="xs" loading={count.isPending}>
              All that fit …
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {Object.entries(actions).map(([action, { label }]) => (
              <Menu.Item
                key={action}
                onClick={() => {
                  if (isAction(action)) ask(action)
                }}
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {act.data !== undefined && (
          <Text size="sm" role="status">
            {countText(act.data.changed)} of {countText(act.data.matched)} were changed.
          </Text>
        )}
      </Group>
      {problem !== null && <ProblemBox problem={problem} />}
      {asked !== null && count.data !== undefined && (
        <Confirm
          opened
          onClose={close}
          title={actions[asked.action].label}
          action={actions[asked.action].label}
          isBusy={act.isPending}
          onConfirm={() =>
            act.mutate(
              { parts: { payload: asked, query: { dryRun: "false" } } },
              { onSettled: close }
            )
          }
        >
          {countText(count.data.matched)} products of {asked.instance} fit.{" "}
          {countText(count.data.changed)} of them would {actions[asked.action].what}. The others are
          so already.
        </Confirm>
      )}
    </>
  )
}
