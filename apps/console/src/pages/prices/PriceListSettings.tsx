import { Button, Group, SimpleGrid, Stack, Switch, Text, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Confirm } from "../../show/Confirm.tsx"
import { dayOf, startOfDay } from "../../show/days.ts"
import { NoPermission, ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { type PriceList, priceListReadings } from "./priceLists.ts"

type Patch = Payload<"PATCH /v1/pricelists/:id">

const textsOf = (list: PriceList) => ({
  name: list.name,
  description: list.description,
  market: list.market ?? "",
  validFrom: dayOf(list.validFrom),
  validTo: dayOf(list.validTo)
})

/** A price list's own fields; its instance and currency never change. */
export const PriceListSettings = ({ list }: { readonly list: PriceList }) => {
  const navigate = useNavigate()
  const change = useCommand("PATCH /v1/pricelists/:id", priceListReadings)
  const remove = useCommand("DELETE /v1/pricelists/:id", ["GET /v1/pricelists"])
  const [active, setActive] = useState<boolean | null>(null)
  const [isRemoving, { open, close }] = useDisclosure()
  const form = useTexts(textsOf(list), change.error)
  const { isChanged, texts } = form
  const from = startOfDay(texts.validFrom)
  const patch: Patch = {
    ...(isChanged("name") ? { name: texts.name.trim() } : {}),
    ...(isChanged("description") ? { description: texts.description.trim() } : {}),
    ...(isChanged("market")
      ? { market: texts.market.trim() === "" ? null : texts.market.trim().toUpperCase() }
      : {}),
    ...(isChanged("validFrom") && from !== null ? { validFrom: from } : {}),
    ...(isChanged("validTo") ? { validTo: startOfDay(texts.validTo) } : {}),
    ...(active === null || active === list.active ? {} : { active })
  }
  const isUnchanged = Object.keys(patch).length === 0
  if (!useMay("price-lists:write")) return <NoPermission scope="price-lists:write" />
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(
          { parts: { params: { id: list.id }, payload: patch }, version: list.version },
          {
            onSuccess: (kept) => {
              form.restart(textsOf(kept))
              setActive(null)
            }
          }
        )
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <TextInput required label="Name" {...form.text("name")} />
          <TextInput label="Description" {...form.text("description")} />
          <TextInput
            label="Market"
            description="Whose price sheets say what products cost; empty: only the products' own purchase prices count"
            maxLength={2}
            {...form.text("market")}
          />
          <Switch
            mt="xl"
            label="Active"
            description="Only an active list sells anything"
            checked={active ?? list.active}
            onChange={({ currentTarget }) => setActive(currentTarget.checked)}
          />
          <TextInput
            required
            type="date"
            label="Valid from"
            description="From the beginning of this day in UTC"
            {...form.text("validFrom")}
          />
          <TextInput
            type="date"
            label="Valid until"
            description="Until the beginning of this day in UTC; empty: no end"
            {...form.text("validTo")}
          />
        </SimpleGrid>
        {change.error !== null && <ProblemBox problem={change.error} />}
        {remove.error !== null && <ProblemBox problem={remove.error} />}
        <Group>
          <Button type="submit" disabled={isUnchanged} loading={change.isPending}>
            Save
          </Button>
          <Button variant="default" onClick={open}>
            Remove the list
          </Button>
          {change.isSuccess && isUnchanged && (
            <Text size="sm" role="status">
              Saved
            </Text>
          )}
        </Group>
      </Stack>
      <Confirm
        opened={isRemoving}
        onClose={close}
        title="Remove the price list"
        action="Remove it"
        isBusy={remove.isPending}
        onConfirm={() =>
          remove.mutate(
            { parts: { params: { id: list.id } }, version: list.version },
            { onSuccess: () => void navigate({ to: "/price-lists" }), onSettled: close }
          )
        }
      >
        The list and its rules are deleted. It is refused while an account is assigned the list; an
        inactive list sells nothing either, and can be used again.
      </Confirm>
    </form>
  )
}
