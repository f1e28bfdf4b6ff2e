//! Structured invoices that travel inside documents: Factur-X and ZUGFeRD (UN/CEFACT
//! Cross Industry Invoice) and UBL, both as EN 16931 uses them.
//!
//! What such a file says is what the writer meant, so it counts for more than the page.
//! Owns the way from elements to concepts of the lexicon. Must not know schemas or pages.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::base::limits;
use crate::document::{Attachment, Document};

/// Values of one invoice at most.
const VALUES_MAX: usize = 50_000;

/// A structured invoice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Invoice {
    /// Name of the file inside the document.
    pub(crate) file: String,
    /// Values by the names of field concepts, the first of each counts.
    pub(crate) fields: Vec<(&'static str, Said)>,
    /// By line: values by the names of column concepts.
    pub(crate) lines: Vec<Vec<(&'static str, Said)>>,
}

/// A value as an invoice says it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// The value; dates are ISO 8601, numbers have a decimal point.
    pub(crate) text: String,
    /// The elements around it, joined by slashes.
    pub(crate) path: String,
}

/// Elements that hold one line each.
const LINES: &[&str] = &["IncludedSupplyChainTradeLineItem", "InvoiceLine", "CreditNoteLine"];

/// Ends of paths, with the element they must be inside of and the concept they mean.
const FIELDS: &[(&str, &str, &str)] = &[
    ("ExchangedDocument/ID", "", "invoice_number"),
    ("HeaderExchangedDocument/ID", "", "invoice_number"),
    ("ExchangedDocument/IssueDateTime/DateTimeString", "", "issue_date"),
    ("HeaderExchangedDocument/IssueDateTime/DateTimeString", "", "issue_date"),
    ("SellerTradeParty/Name", "", "seller_name"),
    ("SellerTradeParty/PostalTradeAddress/CityName", "", "seller_city"),
    ("SellerTradeParty/PostalTradeAddress/PostcodeCode", "", "seller_postcode"),
    ("SellerTradeParty/PostalTradeAddress/CountryID", "", "seller_country"),
    ("SpecifiedTaxRegistration/ID@VA", "SellerTradeParty", "seller_vat_id"),
    ("EmailURIUniversalCommunication/URIID", "SellerTradeParty", "seller_email"),
    ("TelephoneUniversalCommunication/CompleteNumber", "SellerTradeParty", "seller_phone"),
    ("BuyerTradeParty/Name", "", "buyer_name"),
    ("BuyerTradeParty/ID", "", "customer_number"),
    ("BuyerTradeParty/PostalTradeAddress/CityName", "", "buyer_city"),
    ("BuyerTradeParty/PostalTradeAddress/PostcodeCode", "", "buyer_postcode"),
    ("BuyerTradeParty/PostalTradeAddress/CountryID", "", "buyer_country"),
    ("SpecifiedTaxRegistration/ID@VA", "BuyerTradeParty", "buyer_vat_id"),
    ("BuyerOrderReferencedDocument/IssuerAssignedID", "", "purchase_order"),
    ("BuyerOrderReferencedDocument/ID", "", "purchase_order"),
    ("ContractReferencedDocument/IssuerAssignedID", "", "contract_number"),
    ("DeliveryNoteReferencedDocument/IssuerAssignedID", "", "delivery_note_number"),
    ("DeliveryNoteReferencedDocument/ID", "", "delivery_note_number"),
    ("ShipToTradeParty/Name", "", "ship_to"),
    ("OccurrenceDateTime/DateTimeString", "ActualDeliverySupplyChainEvent", "delivery_date"),
    ("TradeSettlement/InvoiceCurrencyCode", "", "currency"),
    ("PayeePartyCreditorFinancialAccount/IBANID", "", "iban"),
    ("PayeeSpecifiedCreditorFinancialInstitution/BICID", "", "bic"),
    ("PayeeSpecifiedCreditorFinancialInstitution/Name", "", "bank_name"),
    ("DueDateDateTime/DateTimeString", "SpecifiedTradePaymentTerms", "due_date"),
    ("SpecifiedTradePaymentTerms/Description", "", "payment_terms"),
    ("TradeSettlement/ApplicableTradeTax/RateApplicablePercent", "", "tax_rate"),
    ("TradeSettlement/ApplicableTradeTax/ApplicablePercent", "", "tax_rate"),
    ("MonetarySummation/TaxBasisTotalAmount", "", "subtotal"),
    ("MonetarySummation/TaxTotalAmount", "", "tax_amount"),
    ("MonetarySummation/GrandTotalAmount", "", "total"),
    ("MonetarySummation/TotalPrepaidAmount", "", "amount_paid"),
    ("MonetarySummation/AllowanceTotalAmount", "", "discount"),
    ("MonetarySummation/ChargeTotalAmount", "", "shipping"),
    ("Invoice/ID", "", "invoice_number"),
    ("CreditNote/ID", "", "invoice_number"),
    ("Invoice/IssueDate", "", "issue_date"),
    ("CreditNote/IssueDate", "", "issue_date"),
    ("Invoice/DueDate", "", "due_date"),
    ("PaymentMeans/PaymentDueDate", "", "due_date"),
    ("DocumentCurrencyCode", "", "currency"),
    ("OrderReference/ID", "", "purchase_order"),
    ("ContractDocumentReference/ID", "", "contract_number"),
    ("DespatchDocumentReference/ID", "", "delivery_note_number"),
    ("PartyLegalEntity/RegistrationName", "AccountingSupplierParty", "seller_name"),
    ("Party/PartyName/Name", "AccountingSupplierParty", "seller_name"),
    ("PostalAddress/CityName", "AccountingSupplierParty", "seller_city"),
    ("PostalAddress/PostalZone", "AccountingSupplierParty", "seller_postcode"),
    ("Country/IdentificationCode", "AccountingSupplierParty", "seller_country"),
    ("PartyTaxScheme/CompanyID", "AccountingSupplierParty", "seller_vat_id"),
    ("Contact/ElectronicMail", "AccountingSupplierParty", "seller_email"),
    ("Contact/Telephone", "AccountingSupplierParty", "seller_phone"),
    ("PartyLegalEntity/RegistrationName", "AccountingCustomerParty", "buyer_name"),
    ("Party/PartyName/Name", "AccountingCustomerParty", "buyer_name"),
    ("PartyIdentification/ID", "AccountingCustomerParty", "customer_number"),
    ("PostalAddress/CityName", "AccountingCustomerParty", "buyer_city"),
    ("PostalAddress/PostalZone", "AccountingCustomerParty", "buyer_postcode"),
    ("Country/IdentificationCode", "AccountingCustomerParty", "buyer_country"),
    ("PartyTaxScheme/CompanyID", "AccountingCustomerParty", "buyer_vat_id"),
    ("Delivery/ActualDeliveryDate", "", "delivery_date"),
    ("PayeeFinancialAccount/ID", "", "iban"),
    ("FinancialInstitutionBranch/ID", "", "bic"),
    ("PaymentTerms/Note", "", "payment_terms"),
    ("TaxSubtotal/TaxCategory/Percent", "", "tax_rate"),
    ("TaxTotal/TaxAmount", "", "tax_amount"),
    ("LegalMonetaryTotal/TaxExclusiveAmount", "", "subtotal"),
    ("LegalMonetaryTotal/TaxInclusiveAmount", "", "total"),
    ("LegalMonetaryTotal/PrepaidAmount", "", "amount_paid"),
    ("LegalMonetaryTotal/AllowanceTotalAmount", "", "discount"),
    ("LegalMonetaryTotal/ChargeTotalAmount", "", "shipping"),
];

/// The same for what stands inside a line.
const COLUMNS: &[(&str, &str)] = &[
    ("AssociatedDocumentLineDocument/LineID", "line_no"),
    ("SpecifiedTradeProduct/SellerAssignedID", "item_code"),
    ("SpecifiedTradeProduct/Name", "description"),
    ("NetPriceProductTradePrice/ChargeAmount", "unit_price"),
    ("BilledQuantity", "quantity"),
    ("ApplicableTradeTax/RateApplicablePercent", "vat_rate"),
    ("ApplicableTradeTax/ApplicablePercent", "vat_rate"),
    ("MonetarySummation/LineTotalAmount", "amount"),
    ("InvoiceLine/ID", "line_no"),
    ("CreditNoteLine/ID", "line_no"),
    ("SellersItemIdentification/ID", "item_code"),
    ("Item/Name", "description"),
    ("Price/PriceAmount", "unit_price"),
    ("InvoicedQuantity", "quantity"),
    ("CreditedQuantity", "quantity"),
    ("ClassifiedTaxCategory/Percent", "vat_rate"),
    ("Line/LineExtensionAmount", "amount"),
];

/// The structured invoice inside a document, when it holds one.
pub(crate) fn find(document: &Document) -> Option<Invoice> {
    document.attachments.iter().find_map(of_attachment)
}

fn of_attachment(attachment: &Attachment) -> Option<Invoice> {
    let is_named = attachment.name.to_lowercase().ends_with(".xml");
    let is_typed = attachment.media_type.as_deref().is_some_and(|t| t.contains("xml"));
    if !(is_named || is_typed) {
        return None;
    }
    let text = std::str::from_utf8(&attachment.bytes).ok()?;
    let invoice = read(text.trim_start_matches('\u{feff}'), &attachment.name);
    let says = |name: &str| invoice.fields.iter().any(|(concept, _)| *concept == name);
    (says("invoice_number") && says("seller_name")).then_some(invoice)
}

/// Reads what the elements of a text say.
fn read(text: &str, file: &str) -> Invoice {
    let mut reader = Reader::from_str(text);
    let mut invoice = Invoice { file: file.to_owned(), ..Invoice::default() };
    let (mut path, mut scheme, mut content) = (Vec::<String>::new(), None, String::new());
    let (mut line_depth, mut values) = (None::<usize>, 0_usize);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = tag.local_name().as_ref().to_owned();
                if LINES.contains(&name.as_str()) && line_depth.is_none() {
                    line_depth = Some(path.len());
                    invoice.lines.push(Vec::new());
                }
                scheme = tag.attributes().filter_map(Result::ok).find_map(|attribute| {
                    let is_it = attribute.key.local_name().as_ref() == "schemeID";
                    is_it.then(|| attribute.value.to_string())
                });
                path.push(name);
                content.clear();
                if path.len() > limits::XML_DEPTH_MAX {
                    break;
                }
            }
            Ok(Event::Text(text)) => content.push_str(&text.xml10_content()),
            Ok(Event::CData(text)) => content.push_str(&text.xml10_content()),
            Ok(Event::GeneralRef(name)) => content.push(entity(&name.into_inner())),
            Ok(Event::End(_)) => {
                let value = content.trim();
                if !value.is_empty() && values < VALUES_MAX {
                    values += 1;
                    invoice.take(&path, scheme.as_deref(), value, line_depth.is_some());
                }
                content.clear();
                path.pop();
                line_depth = line_depth.filter(|depth| path.len() > *depth);
            }
            Ok(Event::Eof) | Err(_) => break,
            _ => {}
        }
    }
    invoice.lines.retain(|line| line.iter().any(|(name, _)| *name != "line_no"));
    invoice
}

fn entity(name: &str) -> char {
    match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => ' ',
    }
}

impl Invoice {
    fn take(&mut self, path: &[String], scheme: Option<&str>, value: &str, in_line: bool) {
        let joined = path.join("/");
        let said = || Said { text: plain(value), path: joined.clone() };
        if in_line {
            let found = COLUMNS.iter().find(|(end, _)| ends(&joined, end));
            let line = self.lines.last_mut();
            if let (Some((_, concept)), Some(line)) = (found, line)
                && !line.iter().any(|(known, _)| known == concept)
            {
                line.push((*concept, said()));
            }
            return;
        }
        let found = FIELDS.iter().find(|(end, inside, _)| {
            let (end, wanted) = end.split_once('@').map_or((*end, None), |(e, s)| (e, Some(s)));
            ends(&joined, end)
                && (inside.is_empty() || path.iter().any(|element| element == inside))
                && wanted.is_none_or(|wanted| scheme == Some(wanted))
        });
        if let Some((_, _, concept)) = found {
            self.put(concept, said());
        }
    }

    /// The first value of a concept counts; several tax rates are no rate of the whole.
    fn put(&mut self, concept: &'static str, said: Said) {
        match self.fields.iter().position(|(known, _)| *known == concept) {
            None => self.fields.push((concept, said)),
            Some(at) if concept == "tax_rate" => {
                if self.fields.get(at).is_some_and(|(_, known)| known.text != said.text) {
                    self.fields.remove(at);
                }
            }
            Some(_) => {}
        }
    }

    /// What the invoice says for a concept of a field.
    pub(crate) fn field(&self, concept: &str) -> Option<&Said> {
        self.fields.iter().find(|(known, _)| *known == concept).map(|(_, said)| said)
    }
}

/// Whether a path ends with some elements; the first may be the end of a longer name.
fn ends(path: &str, end: &str) -> bool {
    let whole = || {
        let before = path.len() - end.len();
        before == 0 || path.as_bytes().get(before - 1) == Some(&b'/')
    };
    let is_tail = end.starts_with("MonetarySummation")
        || end.starts_with("TradeSettlement")
        || end.starts_with("Line/");
    path.ends_with(end) && (is_tail || whole())
}

/// `20240131` as a date; anything else as it stands.
fn plain(text: &str) -> String {
    let is_day = text.len() == 8 && text.chars().all(|c| c.is_ascii_digit());
    match (text.get(..4), text.get(4..6), text.get(6..)) {
        (Some(year), Some(month), Some(day)) if is_day && year.starts_with("20") => {
            format!("{year}-{month}-{day}")
        }
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::{Invoice, read};

    fn says<'i>(invoice: &'i Invoice, concept: &str) -> &'i str {
        &invoice.field(concept).unwrap().text
    }

    #[test]
    fn a_cross_industry_invoice_is_read() {
        let invoice = read(
            "<rsm:CrossIndustryInvoice xmlns:rsm='r' xmlns:ram='a'><rsm:ExchangedDocument>
            <ram:ID>R-1</ram:ID><ram:IssueDateTime><udt:DateTimeString format='102'>20240131
            </udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
            <rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem>
            <ram:SpecifiedTradeProduct><ram:Name>Nuts &amp; bolts</ram:Name>
            </ram:SpecifiedTradeProduct><ram:SpecifiedTradeSettlementLineMonetarySummation>
            <ram:LineTotalAmount>8.00</ram:LineTotalAmount>
            </ram:SpecifiedTradeSettlementLineMonetarySummation>
            </ram:IncludedSupplyChainTradeLineItem><ram:ApplicableHeaderTradeAgreement>
            <ram:SellerTradeParty><ram:Name>Yard Ltd</ram:Name><ram:SpecifiedTaxRegistration>
            <ram:ID schemeID='FC'>12</ram:ID></ram:SpecifiedTaxRegistration>
            <ram:SpecifiedTaxRegistration><ram:ID schemeID='VA'>DE123456789</ram:ID>
            </ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
            </ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>
            <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
            <ram:GrandTotalAmount>9.52</ram:GrandTotalAmount>
            </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
            </ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>
            </rsm:CrossIndustryInvoice>",
            "factur-x.xml",
        );
        assert_eq!((says(&invoice, "invoice_number"), says(&invoice, "total")), ("R-1", "9.52"));
        assert_eq!(says(&invoice, "issue_date"), "2024-01-31");
        assert_eq!(says(&invoice, "seller_vat_id"), "DE123456789");
        let line = &invoice.lines[0];
        assert_eq!((line[0].0, line[0].1.text.as_str()), ("description", "Nuts & bolts"));
        assert_eq!((line[1].0, line[1].1.text.as_str()), ("amount", "8.00"));
    }

    #[test]
    fn a_ubl_invoice_is_read() {
        let invoice = read(
            "<Invoice><cbc:ID>U-7</cbc:ID><cbc:IssueDate>2024-02-01</cbc:IssueDate>
            <cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>
            Buyer BV</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>
            </cac:AccountingCustomerParty><cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount>
            12.10</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal><cac:InvoiceLine>
            <cbc:ID>1</cbc:ID><cbc:InvoicedQuantity>2</cbc:InvoicedQuantity>
            <cbc:LineExtensionAmount>10.00</cbc:LineExtensionAmount></cac:InvoiceLine></Invoice>",
            "ubl.xml",
        );
        assert_eq!(says(&invoice, "invoice_number"), "U-7");
        assert_eq!((says(&invoice, "buyer_name"), says(&invoice, "total")), ("Buyer BV", "12.10"));
        let names: Vec<&str> = invoice.lines[0].iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["line_no", "quantity", "amount"]);
    }
}
