import {
  Fieldset,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput
} from "@mantine/core"
import type { Texts } from "../../show/useTexts.ts"
import { cloudNames, cspStatusNames, productNamesNames } from "./instances.ts"
import { cloudIn, needsAddresses, type Setting } from "./settings.ts"

const optionsOf = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }))

const addresses = [
  { field: "api", label: "Address of the REST API", isRequired: true },
  { field: "login", label: "Address of the sign-in", isRequired: true },
  { field: "resource", label: "Audience of the token", isRequired: true },
  { field: "prices", label: "Address of price sheets", isRequired: false }
] as const

/** Every setting of an instance. A key that is there already is only given again to replace it. */
export const SettingFields = ({
  form,
  hasKey
}: {
  readonly form: Texts<Setting>
  readonly hasKey: boolean
}) => (
  <Stack>
    <Fieldset legend="Account">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <TextInput
          required
          label="Name"
          description="What operators type, such as contoso-eu"
          {...form.text("name")}
        />
        <Select
          label="Cloud"
          description="Which of Microsoft's clouds the account is in"
          allowDeselect={false}
          data={optionsOf(cloudNames)}
          {...form.choice("cloud")}
        />
        {needsAddresses(cloudIn(form.texts)) &&
          addresses.map(({ field, isRequired, label }) => (
            <TextInput
              key={field}
              label={label}
              required={isRequired}
              description={isRequired ? "https, or http on this machine" : "As the API when empty"}
              {...form.text(field, `endpoints.${field}`)}
            />
          ))}
        <TextInput
          required
          label="Account id"
          description="Your own Microsoft tenant"
          {...form.text("tenantId")}
        />
        <TextInput
          label="Default domain of the tenant"
          placeholder="contoso.onmicrosoft.com"
          description="So that people know which tenant it is"
          {...form.text("tenantDomain")}
        />
        <TextInput
          required
          label="Application (client) id"
          description="The application that signs in"
          {...form.text("appId")}
        />
        <PasswordInput
          required={!hasKey}
          label={hasKey ? "Another key of the application" : "Key of the application"}
          description={
            hasKey
              ? "Empty: the one that is kept stays. It is never shown."
              : "The client secret's value. Encrypted at rest, and never shown again."
          }
          autoComplete="off"
          {...form.text("secret")}
        />
      </SimpleGrid>
    </Fieldset>
    <Fieldset legend="Partner">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Select
          label="CSP status"
          description="An indirect provider names its reseller as partner of record"
          allowDeselect={false}
          data={optionsOf(cspStatusNames)}
          {...form.choice("cspStatus")}
        />
        <TextInput
          label="Partner ID (MPN ID)"
          description="Your own; a number"
          inputMode="numeric"
          {...form.text("mpnId")}
        />
        <TextInput
          label="Requests a minute at most"
          description="For each family of resources; Microsoft publishes 500"
          required
          inputMode="numeric"
          pattern="[1-9][0-9]*"
          title="A whole number"
          {...form.text("requestsPerMinute")}
        />
        <Switch
          label="Provision annual subscriptions"
          description="Off: Microsoft always gets monthly subscriptions, whatever the customer is billed"
          checked={form.texts.annualProvisioning === "on"}
          onChange={({ currentTarget }) =>
            form.put("annualProvisioning", currentTarget.checked ? "on" : "off")
          }
        />
      </SimpleGrid>
    </Fieldset>
    <Fieldset legend="Catalogue">
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <TextInput
          label="Language"
          description="Of names and descriptions, such as de-DE"
          placeholder="en-US"
          {...form.text("catalogueLanguage")}
        />
        <TextInput
          label="Countries"
          description="Two letters each, such as DE, AT; the home of the cloud when empty"
          {...form.text("countries")}
        />
        <Select
          label="Product names"
          allowDeselect={false}
          description="What a catalogue run does with names"
          data={optionsOf(productNamesNames)}
          {...form.choice("productNames")}
        />
        <TextInput
          label="Read by itself at"
          description="Minute, hour, day, month, weekday in UTC: 0 3 1 * * is 03:00 on the 1st. Empty: by hand only."
          {...form.text("catalogueSchedule")}
        />
      </SimpleGrid>
    </Fieldset>
  </Stack>
)
