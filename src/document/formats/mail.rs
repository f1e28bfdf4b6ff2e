//! Electronic mail (RFC 5322 with MIME): the header lines people read, the body, attachments.
//!
//! The parsing is `mail-parser`'s. The HTML body is taken before the plain one, for only it has
//! tables.

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};

use super::builder::{FlowBuilder, FlowPage, Kind, Style};
use super::{html, plain};
use crate::base::limits;
use crate::document::model::{Attachment, Metadata};

/// What a message says.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) page: FlowPage,
    pub(crate) metadata: Metadata,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) truncated: bool,
}

/// Header fields that tell a mail from other text that begins with `Name: value`.
const TELLING_FIELDS: [&str; 12] = [
    "from",
    "to",
    "subject",
    "date",
    "received",
    "message-id",
    "mime-version",
    "return-path",
    "delivered-to",
    "reply-to",
    "cc",
    "content-type",
];
/// Bytes of header looked at to tell a mail.
const HEADER_REACH_BYTES: usize = 16 << 10;

/// Whether the bytes begin with the header of a mail: at least three telling fields, or two when
/// one of them only mail has.
pub(crate) fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(HEADER_REACH_BYTES)).unwrap_or_default();
    let mut found = Vec::new();
    for (at, line) in head.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_envelope = at == 0 && line.starts_with(b"From ");
        if is_envelope || (at > 0 && line.starts_with(b" ") || line.starts_with(b"\t")) {
            continue;
        }
        let Some(name) = field_name(line) else {
            break;
        };
        if TELLING_FIELDS.contains(&name.as_str()) && !found.contains(&name) {
            found.push(name);
        }
    }
    let has = |name: &str| found.iter().any(|field| field == name);
    let certain = has("message-id") || has("mime-version") || has("received");
    found.len() >= 3 || found.len() >= 2 && certain
}

fn field_name(line: &[u8]) -> Option<String> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?;
    let is_name = !name.is_empty()
        && name.len() <= 64
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    is_name.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// Reads a message; `None` when there is none in the bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<Mail> {
    let nested = memchr::memmem::find_iter(bytes, b"essage/").take(limits::MAIL_NESTED_MAX + 1);
    if nested.count() > limits::MAIL_NESTED_MAX {
        return None;
    }
    let message = MessageParser::default().parse(bytes)?;
    let mut builder = FlowBuilder::default();
    write_header(&message, &mut builder);
    let truncated = write_body(&message, &mut builder);
    let attachments = attachments(&message);
    for attachment in &attachments {
        builder.push(&format!("Attachment: {}", attachment.name), Style::default());
        builder.end_paragraph();
    }
    let page = builder.finish().into_iter().next().unwrap_or_default();
    let metadata = Metadata {
        title: message.subject().map(str::to_owned),
        author: message.from().map(addresses).filter(|author| !author.is_empty()),
        created: message.date().map(mail_parser::DateTime::to_rfc3339),
        ..Metadata::default()
    };
    Some(Mail { page, metadata, attachments, truncated })
}

fn write_header(message: &Message<'_>, builder: &mut FlowBuilder) {
    let list = |address: Option<&Address<'_>>| address.map(addresses).unwrap_or_default();
    let fields = [
        ("Subject", message.subject().unwrap_or_default().to_owned()),
        ("From", list(message.from())),
        ("To", list(message.to())),
        ("Cc", list(message.cc())),
        ("Date", message.date().map(mail_parser::DateTime::to_rfc822).unwrap_or_default()),
    ];
    for (name, value) in fields {
        if value.is_empty() {
            continue;
        }
        if name == "Subject" {
            builder.set_kind(Kind::Heading(1));
            builder.push(&value, Style::default());
        } else {
            builder.push(&format!("{name}: {value}"), Style::default());
        }
        builder.end_paragraph();
    }
}

fn addresses(list: &Address<'_>) -> String {
    let written = list.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    });
    written.filter(|one| !one.is_empty()).collect::<Vec<_>>().join(", ")
}

fn write_body(message: &Message<'_>, builder: &mut FlowBuilder) -> bool {
    let mut truncated = false;
    for part in message.html_bodies() {
        match &part.body {
            PartType::Html(source) => {
                let read = html::read(source);
                truncated |= read.truncated;
                read.page.blocks.into_iter().for_each(|block| builder.put(block));
            }
            PartType::Text(source) => {
                for page in plain::text(&source.replace("\r\n", "\n")) {
                    page.blocks.into_iter().for_each(|block| builder.put(block));
                }
            }
            _ => {}
        }
    }
    truncated
}

fn attachments(message: &Message<'_>) -> Vec<Attachment> {
    let mut found = Vec::new();
    for (at, part) in message.attachments().enumerate().take(limits::DOCUMENT_ATTACHMENTS_MAX) {
        let bytes = match &part.body {
            PartType::Message(inner) => inner.raw_message().to_vec(),
            _ => part.contents().to_vec(),
        };
        let media_type = part.content_type().map(|content| match content.subtype() {
            Some(subtype) => format!("{}/{subtype}", content.ctype()),
            None => content.ctype().to_owned(),
        });
        let name = part.attachment_name().map(str::to_owned);
        found.push(Attachment {
            name: name.unwrap_or_else(|| format!("attachment-{}", at + 1)),
            media_type,
            description: None,
            bytes,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::block::{Block, Text};

    const MAIL: &str = "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\n\
        To: a@example.org, B <b@example.org>\r\nSubject: Order\r\n  42\r\n\
        Date: Tue, 3 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n\
        --y\r\nContent-Type: text/plain\r\n\r\nplain body\r\n\
        --y\r\nContent-Type: text/html; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        <p>Gr=FC=DFe</p><table><tr><td>a<td>b<tr><td>c<td>d</table>\r\n--y--\r\n\
        --x\r\nContent-Type: text/csv\r\n\
         Content-Disposition: attachment; filename=\"o.csv\"\r\n\r\n\
        1,2\r\n--x--\r\n";

    #[test]
    fn header_body_and_attachments_are_read() {
        let mail = read(MAIL.as_bytes()).unwrap();
        let line = |text: &str| Block::Paragraph(Text::plain(text));
        let blocks = &mail.page.blocks;
        assert_eq!(blocks[0], Block::Heading { level: 1, text: Text::plain("Order 42") });
        assert_eq!(blocks[1], line("From: Jörg <joerg@example.org>"));
        assert_eq!(blocks[2], line("To: a@example.org, B <b@example.org>"));
        assert!(blocks.contains(&line("Grüße")), "{blocks:?}");
        assert!(blocks.iter().any(|block| matches!(block, Block::Table(_))));
        assert!(!blocks.contains(&line("plain body")));
        assert_eq!(mail.attachments[0].name, "o.csv");
        assert_eq!(mail.attachments[0].bytes.trim_ascii(), b"1,2");
        assert_eq!(mail.metadata.title.as_deref(), Some("Order 42"));
    }

    #[test]
    fn mail_is_told_from_other_text() {
        assert!(is_mail(MAIL.as_bytes()));
        assert!(is_mail(b"Received: from x\n by y\nMessage-ID: <1@x>\n\nhi"));
        assert!(!is_mail(b"To: do list\n\nbuy milk"));
        assert!(!is_mail(b"name: x\nversion: 2\ndate: today\n"));
    }

    #[test]
    fn messages_nested_without_end_are_refused() {
        let mut bomb = String::from("From: a@b\nTo: c@d\nSubject: x\n");
        for _ in 0..50_000 {
            bomb.push_str("Content-Type: message/rfc822\n\n");
        }
        assert!(read(bomb.as_bytes()).is_none());
    }
}
