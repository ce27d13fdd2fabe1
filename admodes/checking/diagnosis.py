"""stub"""
def diagnose(subject, point, points, findings):
    return []
