import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { builtInTemplate } from "../../src/mail/builtIn.ts"
import { checkTemplate } from "../../src/mail/checkTemplate.ts"
import {
  exampleValues,
  type MergeField,
  type MergeValues,
  mergeFields
} from "../../src/mail/mergeFields.ts"
import { occasions } from "../../src/mail/occasions.ts"
import { render } from "../../src/mail/render.ts"
import { MailKind, type Template } from "../../src/mail/Template.ts"

const kinds = MailKind.literals
const welcome = (change: Partial<Template> = {}): Template => ({
  ...builtInTemplate("welcome-customer"),
  ...change
})
const mail = (template: Template, values: MergeValues = exampleValues) =>
  Result.getOrThrow(render(template, values))
const fieldNames: ReadonlyArray<MergeField> = occasions["welcome-customer"].fields

/** What a customer, or somebody who wants to be taken for one, writes into a form. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></body></html>",
    "a\r\nBcc: evil@example.org",
    "{#Accounts.Name#}",
    "{#Tenants.Password#}",
    "&lt;b&gt;",
    "-->",
    "a@b.example, evil@example.org"
  )
)
const values = fc
  .record(Object.fromEntries(fieldNames.map((field) => [field, hostile])))
  .map((record): MergeValues => ({ ...record, "Accounts.Email": "office@fabrikam.example" }))

describe("built-in templates", () => {
  it.each(kinds)("%s has no problems and renders without gaps", (kind) => {
    const template = builtInTemplate(kind)
    expect(checkTemplate(template)).toEqual([])
    const rendered = mail(template)
    expect(JSON.stringify(rendered)).not.toMatch(/\{#|#\}|undefined/u)
    expect(rendered.to.length).toBeGreaterThan(0)
  })

  it("use only fields that their occasion fills", () => {
    for (const kind of kinds) {
      const { to, cc, subject, html, text } = builtInTemplate(kind)
      for (const [, field] of `${to}${cc}${subject}${html}${text}`.matchAll(/\{#(.*?)#\}/gu))
        expect(occasions[kind].fields).toContain(field)
    }
  })
})

describe("rendering", () => {
  it("puts every value in its place", () => {
    expect(mail(welcome({ subject: "{#Accounts.Name#} – {# Tenants.Domain #}!" })).subject).toBe(
      "Fabrikam GmbH – fabrikam.onmicrosoft.com!"
    )
  })

  it("sends the Welcome mail to the reseller when its To says so (domain.md §7)", () => {
    expect(mail(welcome({ to: "{#Accounts.ParentAccountEmail#}" })).to).toEqual([
      "orders@northwind.example"
    ])
  })

  it("never lets a value break out of the HTML", () => {
    fc.assert(
      fc.property(values, (given) => {
        const { html } = mail(welcome(), given)
        const tags = html.match(/<[^>]*>/gu)?.filter((tag) => tag !== "<br>")
        expect(tags).toEqual(
          mail(welcome(), { "Accounts.Email": "a@b.example" }).html.match(/<[^>]*>/gu)
        )
      }),
      { numRuns: 300 }
    )
  })

  it("never lets a value break out of a header, or add a recipient", () => {
    fc.assert(
      fc.property(values, hostile, (given, address) => {
        const template = welcome({
          subject: "Welcome {#Accounts.Name#}",
          to: "{#Accounts.Email#}, {#Accounts.ParentAccountEmail#}",
          cc: "{#Accounts.ParentAccountEmail#}"
        })
        const rendered = mail(template, { ...given, "Accounts.ParentAccountEmail": address })
        expect(rendered.subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        for (const one of [...rendered.to, ...rendered.cc])
          expect(["office@fabrikam.example", address.trim()]).toContain(one)
        expect(rendered.to.join()).not.toContain("evil")
      }),
      { numRuns: 300 }
    )
  })

  it("puts values in once: a value that looks like a field is shown as it is", () => {
    const { text } = mail(welcome(), {
      ...exampleValues,
      "Accounts.Name": "{#Tenants.Password#}",
      "Tenants.Password": "secret"
    })
    expect(text).toContain("Welcome, {#Tenants.Password#}.")
  })

  it("leaves out copies that are no addresses, and sends each address one copy", () => {
    const rendered = mail(
      welcome({ to: "A@b.example; a@B.example", cc: "nobody, {#Accounts.ParentAccountEmail#}" })
    )
    expect(rendered.to).toHaveLength(1)
    expect(rendered.cc).toEqual(["orders@northwind.example"])
  })

  it.each([
    [{}, /\{#Accounts.Email#\} has no value/u],
    [{ "Accounts.Email": "nobody" }, /“nobody” is no e-mail address/u],
    [{ "Accounts.Email": "a@b.example\r\nBcc: x@y.example" }, /no e-mail address/u]
  ])("says why nobody can receive it", (given, message) => {
    const result = render(welcome(), given)
    expect(Result.isFailure(result) && result.failure.message).toMatch(message)
  })
})

describe("a template", () => {
  const problems = (change: Partial<Template>) =>
    checkTemplate(welcome(change)).map(({ part, message }) => `${part}: ${message}`)

  it.each([
    [
      { subject: "{#Accounts.Nmae#}" },
      /^subject: \{#Accounts.Nmae#\} is no merge field .*\{#Accounts.Name#\}/u
    ],
    [{ text: "{#Orders.Total#}" }, /^text: \{#Orders.Total#\} is no merge field of “Welcome/u],
    [{ text: "{#toString#}" }, /^text: \{#toString#\} is no merge field/u],
    [{ text: "Dear {#Accounts.Name" }, /^text: A merge field is begun/u],
    [{ subject: "{#Tenants.Password#}" }, /^subject: A password may stand in html and text only/u],
    [{ subject: " " }, /^subject: It is empty/u],
    [{ to: "" }, /^to: It is empty/u],
    [{ subject: "a\r\nBcc: b@c.example" }, /^subject: It may have no line breaks/u],
    [{ subject: "x".repeat(256) }, /^subject: It may have 255 characters and has 256/u],
    [{ html: '<a href="{#Accounts.Name#}">x</a>' }, /^html: .*within a tag/u],
    [{ html: "<p class={#Accounts.Name#}>x</p>" }, /^html: .*within a tag/u],
    [{ html: "<style>p{color:{#Accounts.Name#}}</style>" }, /^html: .*within a tag/u],
    [{ html: "<!-- a > b {#Accounts.Name#} -->" }, /^html: .*comment/u],
    [{ html: "<SCRIPT>1</SCRIPT>" }, /^html: <SCRIPT> is not allowed/u],
    [{ html: '<iframe src="x">' }, /^html: <iframe> is not allowed/u],
    [{ html: "<p" }, /^html: .*not closed/u]
  ])("with %o is refused with its part and the reason", (change, message) => {
    expect(problems(change)).toHaveLength(1)
    expect(problems(change)[0]).toMatch(message)
  })

  it("may have fields after quoted > signs and styles", () => {
    expect(
      problems({
        html: `<style>p > a {}</style><p title="1 > 2" class='"'>{#Accounts.Name#}</p><!-- > -->{#Accounts.Code#}`
      })
    ).toEqual([])
  })

  it("of any text is refused, or renders without a gap and without another tag", () => {
    const scraps = fc.constantFrom(
      "<p>",
      "</p>",
      "<",
      ">",
      '"',
      "'",
      "<!--",
      "-->",
      "<style>",
      "</style>",
      "<a href=",
      "{#Accounts.Name#}",
      "{#",
      "#}",
      "text "
    )
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 12 }), (parts) => {
        const template = welcome({ html: `<p>${parts.join("")}` })
        if (checkTemplate(template).length > 0) return
        const html = (name: string) =>
          mail(template, { ...exampleValues, "Accounts.Name": name }).html
        expect(html("NAME")).not.toContain("{#")
        const evil = `</style>--><img src="x" onerror='y'>`
        expect(
          html(evil)
            .replaceAll(/&[a-z#0-9]+;/gu, "")
            .match(/<img/gu)
        ).toBeNull()
        expect(html(evil).match(/[<"']/gu)).toEqual(html("NAME").match(/[<"']/gu))
      }),
      { numRuns: 2_000 }
    )
  })

  it("knows an example for every merge field", () => {
    expect(Object.keys(exampleValues)).toEqual(Object.keys(mergeFields))
  })
})
