/** The sort of service, which decides who fulfils it and how it is described. */
export type ServiceGroup =
  | "office"
  | "business"
  | "security"
  | "windows"
  | "power"
  | "dynamics"
  | "voice"

/** A service that is sold in legacy and in new commerce, each in several editions. */
export interface Service {
  readonly name: string
  readonly group: ServiceGroup
  /** Euro cents of one licence for one month. */
  readonly cents: number
  readonly isAddon: boolean
}

/** Lines of `name | cents`. */
const list = (group: ServiceGroup, isAddon: boolean, text: string): ReadonlyArray<Service> =>
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", cents = "0"] = line.split("|").map((part) => part.trim())
      return { name, group, cents: Number(cents), isAddon }
    })

/** Names look like Microsoft's; prices are invented. */
export const services: ReadonlyArray<Service> = [
  ...list(
    "office",
    false,
    `
Office 365 Enterprise E2 | 1470
Office 365 Enterprise E4 | 2050
Office 365 F1 | 370
Office 365 F3 | 370
Office 365 ProPlus | 1400
Exchange Online Kiosk | 190
Exchange Online Protection | 100
Exchange Online Plan 3 | 840
SharePoint Online Plan 2 | 930
OneDrive for Business Plan 2 | 930
Project Online Essentials | 650
Project Online Professional | 2800
Project Online Premium | 5130
Project Plan 5 | 5130
Visio Online Plan 3 | 1400
Skype for Business Online Plan 2 | 510
Microsoft Teams Essentials | 370
Microsoft Teams Enterprise | 490
Microsoft Teams Premium | 930
Microsoft 365 E4 | 4400
Microsoft 365 A3 | 600
Microsoft 365 A5 | 1120
Microsoft 365 F5 Compliance | 750
Microsoft Loop | 280
Microsoft Clipchamp Premium | 1120
Microsoft Viva Suite | 1120
Microsoft Viva Insights | 560
Microsoft Viva Learning | 370
Microsoft Viva Goals | 560
Microsoft Stream Plan 2 | 470`
  ),
  ...list(
    "business",
    false,
    `
Office 365 Business | 700
Office 365 Business Premium | 1050
Office 365 Small Business | 420
Microsoft 365 Business Voice | 1120
Microsoft Bookings | 280`
  ),
  ...list(
    "security",
    false,
    `
Azure Information Protection Plan 1 | 190
Azure Information Protection Premium P2 | 470
Azure Active Directory Basic | 90
Enterprise Mobility + Security E3 | 990
Enterprise Mobility + Security E5 | 1530
Microsoft Cloud App Security | 330
Microsoft Defender for Endpoint P1 | 280
Microsoft Defender for Endpoint P2 | 490
Microsoft Defender for Identity | 520
Microsoft Defender for Business | 280
Microsoft Entra Suite | 1120
Microsoft Entra ID Governance | 650
Microsoft Intune Suite | 930
Microsoft Intune Device | 190
Microsoft Purview Suite | 1120`
  ),
  ...list(
    "windows",
    false,
    `
Windows 10 Enterprise E3 | 650
Windows 10 Enterprise E5 | 1030
Windows 10 Enterprise E3 VDA | 1020
Windows 365 Business 2 vCPU 4 GB | 3010
Windows 365 Enterprise 4 vCPU 16 GB | 6160
Windows 365 Frontline 2 vCPU 8 GB | 5230`
  ),
  ...list(
    "power",
    false,
    `
Power BI Premium per User | 2240
Power Apps Premium | 1870
Power Apps per App | 470
Power Automate Premium | 1400
Power Automate Process | 14000
Power Pages Authenticated Users | 18680
Copilot Studio | 18680`
  ),
  ...list(
    "dynamics",
    false,
    `
Dynamics 365 Sales Enterprise | 9820
Dynamics 365 Sales Premium | 14030
Dynamics 365 Customer Service Professional | 4680
Dynamics 365 Customer Insights | 158920
Dynamics 365 Field Service | 9820
Dynamics 365 Field Service Contractor | 4680
Dynamics 365 Finance | 19650
Dynamics 365 Supply Chain Management | 19650
Dynamics 365 Commerce | 16840
Dynamics 365 Human Resources | 12630
Dynamics 365 Project Operations | 12630
Dynamics 365 Business Central Premium | 10290
Dynamics 365 Business Central Team Members | 840
Dynamics 365 Business Central Device | 3740
Dynamics 365 Team Members | 750
Dynamics 365 Operations - Activity | 4680
Dynamics 365 Operations - Device | 7020
Dynamics 365 Remote Assist | 6080
Dynamics 365 Guides | 6080
Dynamics 365 Intelligent Order Management | 28040`
  ),
  ...list(
    "office",
    true,
    `
Office 365 Extra File Storage | 19
Office 365 Advanced Compliance | 750
Office 365 Data Loss Prevention | 280
Office 365 Threat Intelligence | 470
Microsoft MyAnalytics | 370
Microsoft Stream Storage | 9340
Advanced eDiscovery Storage | 9340
Microsoft Defender for Office 365 Plan 2 | 470
Microsoft 365 E5 Security | 1120
Microsoft 365 E5 Compliance | 1120
SharePoint Advanced Management | 280
10-Year Audit Log Retention | 370`
  ),
  ...list(
    "voice",
    true,
    `
Audio Conferencing | 370
Domestic Calling Plan | 1120
Domestic and International Calling Plan | 2240
Phone System | 750
Teams Rooms Pro | 3740
Teams Shared Devices | 750
Operator Connect Conferencing | 370`
  ),
  ...list(
    "dynamics",
    true,
    `
Dynamics 365 Additional Portal | 46790
Dynamics 365 Additional Production Instance | 49130
Dynamics 365 Additional File Storage | 190
Dynamics 365 Sales Insights | 4680
Dynamics 365 Resource Scheduling Optimization | 2810
Dynamics 365 Marketing Attach | 70190`
  )
]

/** What Microsoft's catalogue says about services of a group. */
export const descriptionOf: Record<ServiceGroup, string> = {
  office: "Productivity apps and services for business.",
  business: "Email, file storage and meetings for companies with up to 300 users.",
  security: "Identity, device and information protection.",
  windows: "Windows as a service, for each user or device.",
  power: "Build apps, flows and reports without code.",
  dynamics: "Business applications for sales, service and operations.",
  voice: "Calling and conferencing in the cloud."
}
