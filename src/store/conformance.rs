//! What any store must do, as a suite generic over [`super::Store`].
