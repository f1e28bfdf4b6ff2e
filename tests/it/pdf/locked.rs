//! Encrypted files, with and without their password.

use docspool::document::{Document, DocumentError, LoadOptions};
use lopdf::encryption::crypt_filters::{Aes128CryptFilter, Aes256CryptFilter, CryptFilter};
use lopdf::{EncryptionState, EncryptionVersion, Permissions};

use crate::support::pdf::PdfMaker;

const CONTENT: &str = "BT /F1 10 Tf 50 700 Td (secret) Tj ET";

/// How a test file is encrypted.
#[derive(Debug, Clone, Copy)]
enum Method {
    Rc4,
    Aes128,
    Aes256,
}

fn locked(method: Method, user_password: &str) -> Vec<u8> {
    let mut maker = PdfMaker::new();
    maker.page("", CONTENT);
    maker.trailer("/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]");
    let mut file = lopdf::Document::load_mem(&maker.finish()).unwrap();
    let permissions = Permissions::all();
    let filters = |filter: std::sync::Arc<dyn CryptFilter>| [(b"StdCF".to_vec(), filter)].into();
    let name = || b"StdCF".to_vec();
    let version = match method {
        Method::Rc4 => EncryptionVersion::V2 {
            document: &file,
            owner_password: "owner",
            user_password,
            key_length: 128,
            permissions,
        },
        Method::Aes128 => EncryptionVersion::V4 {
            document: &file,
            encrypt_metadata: true,
            crypt_filters: filters(std::sync::Arc::new(Aes128CryptFilter)),
            stream_filter: name(),
            string_filter: name(),
            owner_password: "owner",
            user_password,
            permissions,
        },
        Method::Aes256 => EncryptionVersion::V5 {
            encrypt_metadata: true,
            crypt_filters: filters(std::sync::Arc::new(Aes256CryptFilter)),
            file_encryption_key: &[7; 32],
            stream_filter: name(),
            string_filter: name(),
            owner_password: "owner",
            user_password,
            permissions,
        },
    };
    let state = EncryptionState::try_from(version).unwrap();
    file.encrypt(&state).unwrap();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"secret"), "{method:?} hides the text");
    bytes
}

fn read(bytes: &[u8], password: Option<&str>) -> Result<String, DocumentError> {
    let options = LoadOptions { password, ..LoadOptions::default() };
    Document::load(bytes, &options).map(|document| document.text())
}

#[test]
fn a_file_with_an_empty_password_opens_by_itself() {
    for method in [Method::Rc4, Method::Aes128, Method::Aes256] {
        let bytes = locked(method, "");
        assert_eq!(read(&bytes, None).as_deref(), Ok("secret"), "{method:?}");
        assert_eq!(read(&bytes, Some("not needed")).as_deref(), Ok("secret"), "{method:?}");
    }
}

#[test]
fn a_password_opens_and_a_missing_or_wrong_one_is_told() {
    for method in [Method::Rc4, Method::Aes128, Method::Aes256] {
        let bytes = locked(method, "open");
        assert_eq!(read(&bytes, Some("open")).as_deref(), Ok("secret"), "{method:?}");
        assert_eq!(read(&bytes, Some("owner")).as_deref(), Ok("secret"), "{method:?}");
        for missing in [None, Some("")] {
            assert_eq!(read(&bytes, missing), Err(DocumentError::PasswordRequired), "{method:?}");
        }
        assert_eq!(read(&bytes, Some("shut")), Err(DocumentError::PasswordWrong), "{method:?}");
    }
}
