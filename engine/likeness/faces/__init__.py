"""Faces in pictures: their correspondence, their mattes and their bands; imports numpy and cv2 alone."""
